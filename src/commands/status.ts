import type { Engine } from '../client/connect.ts';
import { type FoundRun, listRuns, readState } from '../client/runs.ts';
import { type Activity, stuckActivities } from '../client/watch.ts';
import { unfinishedRef } from '../domain/branch.ts';
import { viewOf } from '../domain/events.ts';
import type { PlanSync } from '../domain/gated/plan-sync.ts';
import type { GatedProgress, PlanProgress, Question } from '../domain/gated/run-input.ts';
import { answerHint, planText, runText } from '../domain/gated/status.ts';
import { planJson, runJson } from '../domain/gated/status-json.ts';
import type { RunState } from '../domain/run.ts';
import { resumeCommand, waitText } from '../domain/run-state.ts';
import { oneLine } from '../domain/text.ts';
import { workflowUrl } from '../server/connection.ts';
import { paint } from '../ui/paint.ts';
import { chooseAnyRun, openEngine } from './engine.ts';
import { crossChecked, syncJson, syncText } from './gated/stale.ts';

/** Of a limit hundreds may wait, all for the same reason. */
const mostStuck = 3;

/** What has been found out about each run. */
interface Looks {
  readonly states: readonly (RunState | null)[];
  readonly stuck: readonly (readonly Activity[])[];
  /** Of plans that nobody answers for. */
  readonly syncs: readonly (PlanSync | null)[];
}

/** `locus status [run]`: runs that go on, from what needs no worker, with their tasks where one answers. */
export async function status(options: {
  readonly run?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}): Promise<number> {
  const engine = await openEngine();
  try {
    const runs = options.run
      ? [await chooseAnyRun(engine, options.run)]
      : await listRuns(engine.client, { open: true, limit: 100 });
    const states = await Promise.all(runs.map((run) => readState(engine.client, run.runId)));
    const syncs = await Promise.all(runs.map((run, index) => (states[index] ? null : crossChecked(engine, run))));
    if (options.json) printJson(runs, states, syncs);
    else {
      const stuck = await Promise.all(runs.map((run) => stuckIn(engine, run)));
      printText(engine, runs, { states, stuck, syncs }, options.verbose);
    }
    if (!options.json && runs.length === 0) await printLast(engine);
    return 0;
  } finally {
    await engine.close();
  }
}

/** `locus runs`: the latest runs, ended ones too. */
export async function runs(options: { readonly json?: boolean }): Promise<number> {
  const engine = await openEngine();
  try {
    const found = await listRuns(engine.client, { open: false, limit: 30 });
    if (options.json) console.log(JSON.stringify(found.map(brief), null, 2));
    else if (found.length === 0) console.log('no runs yet');
    else for (const run of found) console.log(line(run));
    return 0;
  } finally {
    await engine.close();
  }
}

async function stuckIn({ client }: Engine, { open, runId }: FoundRun): Promise<Activity[]> {
  return open ? stuckActivities(client, runId).catch(() => []) : [];
}

function printJson(
  found: readonly FoundRun[],
  states: readonly (RunState | null)[],
  syncs: readonly (PlanSync | null)[],
): void {
  const views = found.map((run, index) => {
    const state = states[index];
    const sync = syncs[index];
    if (!state) return { ...brief(run), ...(sync ? syncJson(sync) : {}) };
    const { halt, halting, waiting, warnings, gated, plan } = state;
    const ofTarget = gated ? { ...runJson(gated, Date.now()), question: gated.question } : {};
    const more = plan ? { ...planJson(plan, Date.now()), question: plan.question } : ofTarget;
    return { ...viewOf(state), halt, ...(halting === undefined ? {} : { halting }), waiting, warnings, ...more };
  });
  const [only] = views;
  if (!only) console.log(JSON.stringify({ status: 'no_run_in_progress' }));
  else console.log(JSON.stringify(views.length === 1 ? only : { runs: views }, null, 2));
}

async function printLast({ client }: Engine): Promise<void> {
  const [last] = await listRuns(client, { open: false, limit: 1 });
  if (last) console.log(`the last one: ${line(last)}`);
}

function printText(engine: Engine, found: readonly FoundRun[], { states, stuck, syncs }: Looks, verbose = false): void {
  if (found.length === 0) console.log('no run in progress');
  found.forEach((run, index) => {
    if (index > 0) console.log('');
    console.log(line(run));
    const state = states[index];
    if (state?.plan) printPlan(state, state.plan, verbose);
    else if (state?.gated) printGated(state, state.gated, verbose);
    else if (state) printTasks(state);
    else if (run.open) console.log('  no worker answers; `locus up` starts one');
    const sync = syncs[index];
    if (sync) console.log(`  ${syncText(sync)}`);
    printStuck(stuck[index] ?? []);
    const url = workflowUrl(engine.target, run.runId);
    if (url) console.log(`  ${paint('dim', url)}`);
  });
}

function printStuck(activities: readonly Activity[]): void {
  const lines = new Set(activities.map(({ name, problem }) => `  ${name} waits: ${oneLine(problem ?? '')}`));
  for (const line of [...lines].sort().slice(0, mostStuck)) console.log(line);
  if (lines.size > mostStuck) console.log(`  and ${lines.size - mostStuck} more like these`);
}

function printPlan(state: RunState, plan: PlanProgress, verbose: boolean): void {
  printPage(state, planText(plan, Date.now(), verbose), plan.question);
}

function printGated(state: RunState, gated: GatedProgress, verbose: boolean): void {
  printPage(state, runText(gated, Date.now(), verbose), gated.question);
}

function printPage(state: RunState, text: string, question: Question | null): void {
  printHalting(state);
  if (state.waiting) console.log(`  ${waitText(state.waiting, (at) => at.toLocaleString())}`);
  for (const row of text.split('\n')) console.log(row === '' ? '' : `  ${row}`);
  if (question) console.log(`\n  question ${question.number}: ${oneLine(question.text)}\n  ${answerHint(question)}`);
  if (state.pr) console.log(`\n  pull request #${state.pr.number}`);
  // Some stand in the page itself.
  const others = state.warnings.map(oneLine).filter((warning) => !text.includes(warning));
  for (const warning of others) console.log(`  warning: ${warning}`);
}

function printHalting({ halting }: RunState): void {
  if (halting !== undefined) console.log(`  halts as soon as what runs lets go: ${oneLine(halting)}`);
}

function printTasks(state: RunState): void {
  printHalting(state);
  if (state.halt) console.log(`  halted: ${oneLine(state.halt.reason)}; go on with \`${resumeCommand(state)}\``);
  if (state.waiting) console.log(`  ${waitText(state.waiting, (at) => at.toLocaleString())}`);
  for (const task of state.tasks) {
    const phase = task.status === 'in_progress' && task.phase ? `, ${task.phase}` : '';
    const pull = task.pr === null ? '' : `  pull request #${task.pr}`;
    console.log(`  #${task.issue} ${oneLine(task.title)}  ${task.status}${phase}${pull}`);
    if (task.unfinished && task.status !== 'done')
      console.log(`      unfinished, kept on ${unfinishedRef(task.branch, task.issue)}`);
    if (task.error) console.log(`      ${oneLine(task.error.message)}`);
  }
}

function line(run: FoundRun): string {
  const { memo } = run;
  const state = run.open ? (memo?.status ?? 'starting') : ending(run);
  const [pending, running, done, failed] = memo?.counts ?? [0, 0, 0, 0];
  const counts = memo
    ? `  ${done}/${pending + running + done + failed} done${failed > 0 ? `, ${failed} failed` : ''}`
    : '';
  return `${paint('bold', run.runId)}  ${state}${counts}  ${paint('dim', run.startedAt.toLocaleString())}`;
}

function ending(run: FoundRun): string {
  return run.ending === 'COMPLETED' ? (run.memo?.status ?? 'finished') : run.ending.toLowerCase();
}

function brief(run: FoundRun) {
  const { runId, open, memo, startedAt, closedAt } = run;
  return {
    runId,
    open,
    type: memo?.type ?? null,
    sprint: memo?.sprint ?? null,
    status: open ? (memo?.status ?? null) : ending(run),
    counts: memo?.counts ?? null,
    startedAt,
    closedAt,
  };
}
