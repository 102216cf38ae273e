import type { Engine } from '../client/connect.ts';
import { answerRun } from '../client/gated.ts';
import { type FoundRun, haltRun, readState, resumeRun, runUntil, startedWith, stopRun } from '../client/runs.ts';
import { unfinishedRef } from '../domain/branch.ts';
import { type FailureType, LocusFailure } from '../domain/failures.ts';
import type { RunState } from '../domain/run.ts';
import { isGatedRunId, runIdsOf } from '../domain/run-id.ts';
import { oneLine } from '../domain/text.ts';
import { configuredTemporal } from '../server/connection.ts';
import { scopeOf } from '../server/run-secrets.ts';
import { stateDir } from '../server/state.ts';
import { chooseAnyRun, chooseRun, onlyRunOf, openEngine } from './engine.ts';
import { haltDecision, type ResumeOptions, resumeGatedRun } from './gated/resume.ts';
import { handOverSecrets } from './hand-over.ts';
import { budgetsFor, openProject } from './project.ts';
import { requireCleanRootOf } from './run-preflight.ts';
import { wakeRun } from './wake.ts';

/** How long a person is kept waiting for what goes on without them. */
const waitMs = 10_000;

/** `locus halt [run]`: ends the running agents, keeps what they made, waits for `locus resume`. */
export async function halt(options: {
  readonly run?: string;
  readonly reason?: string;
  readonly force?: boolean;
}): Promise<number> {
  return steer(options.run, async (client, { runId, memo }) => {
    if (isGatedRunId(runId)) return haltGated(client, { runId, memo }, options);
    if (memo?.status === 'halted') return `${runId} is halted already`;
    await haltRun(client, runId, options.reason ?? 'halted by a person', options.force);
    const run = await runUntil(client, runId, (now) => now.memo?.status === 'halted', waitMs);
    if (!run?.open) return `${runId} has come to its end`;
    if (run.memo?.status === 'halted') return `${runId} is halted; go on with \`locus resume ${runId}\``;
    return `${runId} halts when its step lets go: see \`locus status ${runId}\`, or give the step up with \`--force\``;
  });
}

/** A gated run finishes its phase first, commits what is pending and shows its incomplete draft. */
async function haltGated(
  client: Steering,
  { runId, memo }: Pick<FoundRun, 'runId' | 'memo'>,
  { reason = null, force = false }: { readonly reason?: string | null; readonly force?: boolean },
): Promise<string> {
  const decision = haltDecision(memo?.gated, reason);
  if (decision.kind === 'already') return decision.message;
  if (decision.kind === 'refused') throw new LocusFailure('RunConflict', decision.message);
  await haltRun(client, runId, decision.reason, force);
  const run = await runUntil(client, runId, (now) => now.memo?.status === 'halted', waitMs);
  if (!run?.open) return `${runId} has come to its end`;
  if (run.memo?.status === 'halted') return `${runId} is halted; go on with \`locus resume\``;
  return `${runId} halts when its phase ends: see \`locus status\`, or cut the phase with \`--force\``;
}

export async function resume(options: Omit<ResumeOptions, 'runId'> & { readonly run?: string }): Promise<number> {
  return steer(
    options.run,
    async (client, { runId, memo }, engine) => {
      if (isGatedRunId(runId)) {
        await resumeGatedRun(engine, await openProject(process.cwd()).catch(() => null), { ...options, runId });
        return `${runId} goes on`;
      }
      if (memo?.status === 'running' && memo.waitingUntil !== null) return wakeRun(client, runId);
      if (memo !== null && memo.status !== 'halted') {
        throw new LocusFailure('NothingToResume', `${runId} is not halted`, { remedy: 'see `locus status`' });
      }
      const state = await stateDir();
      const input = await startedWith(client, runId);
      await requireCleanRootOf(input, state);
      // Somewhere else than in its repository nothing is known that the run could need.
      const project = await openProject(process.cwd()).catch(() => null);
      const isItsOwn = project !== null && input !== null && scopeOf(project.tracker) === scopeOf(input.tracker);
      const budgets = isItsOwn ? budgetsFor(project, input) : undefined;
      if (isItsOwn && (await configuredTemporal()) === null) await handOverSecrets(project, true);
      await resumeRun(client, runId, budgets);
      return `${runId} goes on`;
    },
    refusalOf,
  );
}

/** A gated run that has ended is refused as one that is not halted is. */
function refusalOf({ runId }: FoundRun): FailureType {
  return isGatedRunId(runId) ? 'ResumeRefused' : 'RunConflict';
}

/** `locus answer [run] <value>`: to the question that was named, else to the one that the run asks now, and to no later one. */
export async function answerTo(options: {
  readonly run?: string;
  readonly value: string;
  readonly question?: string;
}): Promise<number> {
  const { value } = options;
  const named = options.question === undefined ? undefined : questionNumber(options.question);
  return steer(options.run, async (client, { runId }) => {
    const question = named ?? (await openQuestion(client, runId));
    await answerRun(client, runId, { value, ...(question === undefined ? {} : { question }) });
    return `${runId} has its answer: ${oneLine(value)}`;
  });
}

function questionNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new LocusFailure('UsageInvalid', `--question takes the number of a question, not ${JSON.stringify(text)}`);
}

/** undefined: no worker says. */
async function openQuestion(client: Steering, runId: string): Promise<number | undefined> {
  const state = await readState(client, runId, 5000);
  if (state === null) return undefined;
  const question = state.plan?.question ?? state.gated?.question ?? null;
  if (question !== null) return question.number;
  throw new LocusFailure('RunConflict', 'the run asks nothing', { remedy: 'see `locus status`' });
}

/**
 * `locus stop [run]`: ends a run for good, waits for that, and says what was kept where. Done twice it does no harm.
 * Without a name it ends the only run of the repository that it is typed in.
 */
export async function stop(options: { readonly run?: string; readonly reason?: string }): Promise<number> {
  const engine = await openEngine();
  try {
    const { client } = engine;
    const { run: name } = options;
    const { runId, open } = name === undefined ? await onlyRunHere(engine) : await chooseAnyRun(engine, name);
    if (open) await stopRun(client, runId, options.reason ?? 'stopped by a person');
    const run = await runUntil(client, runId, () => false, waitMs);
    if (run?.open) {
      console.log(`${runId} is being stopped, which goes on by itself: see \`locus status ${runId}\``);
      return 0;
    }
    const state = await readState(client, runId, 5000);
    console.log(`${runId} ${endOf(state, open)}`);
    if (state) for (const line of keptOf(state)) console.log(`  ${line}`);
    return 0;
  } finally {
    await engine.close();
  }
}

async function onlyRunHere(engine: Engine): Promise<FoundRun> {
  const { key } = await openProject(process.cwd());
  return onlyRunOf(engine, runIdsOf(key));
}

function endOf(state: RunState | null, wasOpen: boolean): string {
  if (state?.status === 'stopped') return wasOpen ? 'is stopped' : 'was stopped already';
  return wasOpen ? 'has come to its end' : 'has ended already';
}

function keptOf({ tasks, warnings }: RunState): string[] {
  const lines = tasks.map((task) => {
    const { issue, title, branch, status } = task;
    const what = issue > 0 ? `#${issue} ${oneLine(title)}: ` : `${oneLine(title)}: `;
    if (status === 'done') return `${what}done, on ${branch}`;
    if (task.commit !== null) return `${what}committed on ${branch}, not pushed yet`;
    if (task.unfinished) return `${what}unfinished, kept on ${unfinishedRef(branch, issue)}`;
    return `${what}${task.startedAt === null ? 'not begun' : status === 'pending' ? 'nothing was made yet' : status}`;
  });
  return [...lines, ...warnings.map((text) => `warning: ${oneLine(text)}`)];
}

type Steering = Engine['client'];

async function steer(
  name: string | undefined,
  act: (client: Steering, run: FoundRun, engine: Engine) => Promise<string>,
  ended: (run: FoundRun) => FailureType = () => 'RunConflict',
): Promise<number> {
  const engine = await openEngine();
  try {
    const run = await chooseRun(engine, name);
    if (!run.open) throw new LocusFailure(ended(run), `${run.runId} has ended`, { remedy: 'see `locus runs`' });
    console.log(await act(engine.client, run, engine));
    return 0;
  } finally {
    await engine.close();
  }
}
