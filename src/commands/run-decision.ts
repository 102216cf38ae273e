import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../client/connect.ts';
import { type FoundRun, findRun, readState, resumeRun, startedWith, stopRun, terminateRun } from '../client/runs.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { RunInput, RunState } from '../domain/run.ts';
import { issueRunId } from '../domain/run-id.ts';
import { oneLine } from '../domain/text.ts';
import type { Printer } from '../ui/printer.ts';
import { handOverSecrets } from './hand-over.ts';
import { refuseHeld } from './held.ts';
import { budgetsFor } from './project.ts';
import { freshTasks, inputFor, openTasks, tellFinished } from './run-input.ts';
import { requireCleanRoot, requireCleanRootOf } from './run-preflight.ts';
import type { Request } from './run-request.ts';
import type { Selection } from './run-selection.ts';
import { wakeRun } from './wake.ts';

export type Decision =
  | { readonly kind: 'start'; readonly input: RunInput }
  | { readonly kind: 'attach'; readonly runId: string }
  | { readonly kind: 'nothing'; readonly exitCode: number };

/** Questions to the server side by side: there may be thousands. */
const atOnce = 50;

/** Whether to start a run, to join the one that goes on, to resume one, or to do nothing. */
export async function decide(engine: Engine, request: Request): Promise<Decision> {
  const { selection, options, printer } = request;
  const found = await findRun(engine.client, selection.runId);
  if (found?.open) {
    refuseOther(found, selection);
    if (options.resume) return resumeOpen(engine, found, request);
    if (found.memo?.status !== 'halted') return joined(found, printer);
    if (!options.fresh) return halted(found, printer);
    await requireCleanRoot(request.project, request.plan, selection.type);
    await endForGood(engine, found);
  } else if (options.resume) {
    return resumeEnded(engine, request, found);
  }
  await refuseHeldIssues(engine, selection);
  if (selection.issues.length === 0) return nothingToDo(request);
  await requireCleanRoot(request.project, request.plan, selection.type);
  return { kind: 'start', input: await inputFor(request, await freshTasks(request), found !== null) };
}

/** One id, but another selection: a sprint's issue while the whole sprint runs, a part of a parallel run. */
function refuseOther(found: FoundRun, selection: Selection): void {
  const holder = found.parent ?? found.runId;
  if (found.parent === null && (found.memo === null || found.memo.only === selection.only)) return;
  const what = selection.only === null ? (selection.sprint ? 'the sprint' : 'the issue') : `issue #${selection.only}`;
  throw new LocusFailure('RunConflict', `${what} is held by the run ${holder}`, {
    remedy: 'wait until it ends, or see `locus status`',
  });
}

async function refuseHeldIssues(engine: Engine, selection: Selection): Promise<void> {
  const { client } = engine;
  // Its issues have no locks of their own, but a gated run may have taken them.
  if (selection.type === 'sprint') {
    const issues = selection.issues.map(({ number }) => number);
    return refuseHeld(engine, selection.runId, issues);
  }
  if (selection.type !== 'parallel') return;
  const key = selection.runId.split('/').slice(1, 3).join('/');
  for (let from = 0; from < selection.issues.length; from += atOnce) {
    const numbers = selection.issues.slice(from, from + atOnce).map(({ number }) => number);
    const holders = await Promise.all(numbers.map((number) => findRun(client, issueRunId(key, number))));
    const index = holders.findIndex((holder) => holder?.open);
    const holder = holders[index];
    if (!holder) continue;
    throw new LocusFailure(
      'RunConflict',
      `issue #${numbers[index]} is held by the run ${holder.parent ?? holder.runId}`,
      {
        remedy: 'leave it out, or wait until that run ends',
      },
    );
  }
}

async function resumeOpen(
  { client, target }: Engine,
  found: FoundRun,
  { project, printer }: Request,
): Promise<Decision> {
  if (found.memo?.status === 'halted') {
    const input = await startedWith(client, found.runId);
    await requireCleanRootOf(input, project.stateDir);
    const budgets = budgetsFor(project, input);
    if (!target.configured) await handOverSecrets(project, true);
    const before = (await readState(client, found.runId))?.halt ?? null;
    await resumeRun(client, found.runId, budgets);
    await untilTaken(client, found.runId, before);
  } else if (found.memo?.waitingUntil != null) printer.note(await wakeRun(client, found.runId));
  else printer.note(`${found.runId} is running; nothing to resume`);
  return { kind: 'attach', runId: found.runId };
}

/** A run that ended with failures is started again with what is not done, under the same id. */
async function resumeEnded(engine: Engine, request: Request, found: FoundRun | null): Promise<Decision> {
  const { project, plan, selection } = request;
  const nothing = (why: string) => new LocusFailure('NothingToResume', why, { remedy: 'start a run with `locus run`' });
  if (found === null) throw nothing('there is no run to resume');
  await refuseHeldIssues(engine, selection);
  await requireCleanRoot(project, plan, selection.type);
  const before = await readState(engine.client, found.runId, 3000);
  const specs = before === null ? await freshTasks(request) : await openTasks(request, before);
  if (specs.length === 0) throw nothing('the last run left nothing that is still to be done');
  return { kind: 'start', input: await inputFor(request, specs, true, before) };
}

function joined(found: FoundRun, printer: Printer): Decision {
  printer.note(`${found.runId} goes on already: showing that run`);
  return { kind: 'attach', runId: found.runId };
}

function halted(found: FoundRun, printer: Printer): Decision {
  const why = found.memo?.failure ? `: ${oneLine(found.memo.failure)}` : '';
  printer.note(
    `${found.runId} is halted${why}\ngo on with \`locus run --resume\`, or end it and start anew with \`locus run --fresh\``,
  );
  return { kind: 'nothing', exitCode: 3 };
}

async function nothingToDo({ selection, tracker, printer }: Request): Promise<Decision> {
  if (selection.finished.length === 0) {
    throw new LocusFailure(
      'IssueInvalid',
      `the sprint "${oneLine(selection.sprint?.title ?? '')}" has no open issues`,
      {
        remedy: 'add issues to it on the tracker, or choose another with --sprint',
      },
    );
  }
  await tellFinished(selection, tracker, printer);
  printer.note('nothing to do; run them again with --force');
  return { kind: 'nothing', exitCode: 0 };
}

/** `--fresh` on a halted run: it is stopped; where no worker is there to do that, it is terminated. */
export async function endForGood({ client }: Engine, found: FoundRun): Promise<void> {
  await stopRun(client, found.runId, 'a fresh run was started');
  for (let waited = 0; waited < 15_000; waited += 200) {
    if (!(await findRun(client, found.runId))?.open) return;
    await delay(200);
  }
  await terminateRun(client, found.runId, 'a fresh run was started');
}

/**
 * Signals are taken by a worker; until one has, the run still shows its old state. One whose reason has not gone away is
 * halted again at once.
 */
async function untilTaken(client: Engine['client'], runId: string, before: RunState['halt']): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 100) {
    if ((await findRun(client, runId))?.memo?.status !== 'halted') return;
    const now = before && (await readState(client, runId));
    if (now && now.halt?.at !== before.at) return;
    await delay(100);
  }
}
