import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { agentFor } from '../agents/index.ts';
import { findRun, readState } from '../client/runs.ts';
import type { AgentEvent } from '../domain/agent.ts';
import { LocusFailure } from '../domain/failures.ts';
import { auditLine } from '../domain/gated/guardrail-log.ts';
import { sprintRunId } from '../domain/gated/run-input.ts';
import type { RunState, TaskState } from '../domain/run.ts';
import { printable } from '../domain/text.ts';
import { stateDir } from '../server/state.ts';
import { paint } from '../ui/paint.ts';
import { chooseAnyRun, openEngine } from './engine.ts';
import { issueNumbers } from './run-options.ts';

/** `locus logs [run]`: what the agent of a task says, from the attempt's own files on this host. */
export async function logs(options: {
  readonly run?: string;
  readonly follow?: boolean;
  readonly issue?: string;
  readonly audit?: boolean;
}): Promise<number> {
  const engine = await openEngine();
  try {
    const { runId, open } = await chooseAnyRun(engine, options.run);
    const state = await readState(engine.client, runId, 5000);
    if (options.audit) return await printAudit(state, await stateDir());
    const task = state && chooseTask(state, options.issue);
    if (!task?.attemptId)
      throw new LocusFailure('UsageInvalid', `no agent of ${runId} has been started`, { remedy: 'see `locus status`' });
    // Where nobody named it, one that looks on wants to know what is looked at.
    if (options.run === undefined) console.error(paint('dim', `${runId}  #${task.issue}`));
    const file = path.join(await stateDir(), 'attempts', task.attemptId, 'events.ndjson');
    if (!(await stat(file).catch(() => null))) {
      const why = open ? 'ran on another host' : 'ran on another host, or so long ago that its output is gone';
      throw new LocusFailure('UsageInvalid', `the agent of #${task.issue} ${why}`, { remedy: 'look there' });
    }
    await print(file, options.follow ? async () => (await findRun(engine.client, runId))?.open ?? false : null);
    return 0;
  } finally {
    await engine.close();
  }
}

/** `--audit`: what the guardrails did, and who handed what to whom, one line each. */
async function printAudit(state: RunState | null, dir: string): Promise<number> {
  const ids = state ? auditedRuns(state) : [];
  if (ids.length === 0) throw new LocusFailure('UsageInvalid', 'that is no gated run', { remedy: 'see `locus runs`' });
  const files = ids.map((id) => path.join(dir, 'runs', id, 'audit.jsonl'));
  const text = (await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))).join('');
  if (text === '') throw new LocusFailure('UsageInvalid', `nothing is recorded of ${ids.join(', ')} on this host`);
  for (const record of text.split('\n').filter((each) => each !== '')) console.log(printable(auditLine(record)));
  return 0;
}

/** The run ids that its records are kept under: of a plan one for each sprint, and its own for the validation of its draft. */
function auditedRuns({ gated, plan }: RunState): string[] {
  if (gated) return [gated.run.run_id];
  if (!plan) return [];
  const { plan_id, sprints } = plan.plan;
  return [...sprints.list.map(({ id }) => sprintRunId(plan_id, id)), plan_id];
}

function chooseTask(state: RunState, issue: string | undefined): TaskState | null {
  if (issue !== undefined) {
    const [number] = issueNumbers([issue]);
    return state.tasks.find((task) => task.issue === number) ?? null;
  }
  const started = state.tasks.filter((task) => task.attemptId !== null);
  return started.find((task) => task.status === 'in_progress') ?? started.at(-1) ?? null;
}

async function print(file: string, goesOn: (() => Promise<boolean>) | null): Promise<void> {
  const readers = [agentFor('claude').reader(), agentFor('codex').reader()];
  let offset = 0;
  for (;;) {
    const { size } = await stat(file);
    if (size > offset) {
      const stream = createReadStream(file, { start: offset, end: size - 1 });
      for await (const line of createInterface({ input: stream })) show(line, readers);
      offset = size;
    }
    if (!goesOn || !(await goesOn())) return;
    await delay(300);
  }
}

/** A line that neither format knows is a command's own words. */
function show(line: string, readers: readonly ((line: string) => AgentEvent[])[]): void {
  const events = readers.map((read) => read(line)).find((found) => found.length > 0);
  if (!events) {
    if (!line.startsWith('{')) console.log(printable(line));
    return;
  }
  for (const event of events) {
    if (event.kind === 'text') console.log(printable(event.text));
    if (event.kind === 'tool') console.log(paint('dim', `  ${event.name} ${printable(event.detail)}`));
    if (event.kind === 'error') console.log(paint('red', printable(event.message)));
  }
}
