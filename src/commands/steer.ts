import { haltRun, readState, resumeRun, runUntil, startedWith, stopRun } from '../client/runs.ts';
import { unfinishedRef } from '../domain/branch.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { RunState } from '../domain/run.ts';
import { oneLine } from '../domain/text.ts';
import { configuredTemporal } from '../server/connection.ts';
import { scopeOf } from '../server/run-secrets.ts';
import { stateDir } from '../server/state.ts';
import { chooseAnyRun, chooseRun, openEngine } from './engine.ts';
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
    if (memo?.status === 'halted') return `${runId} is halted already`;
    await haltRun(client, runId, options.reason ?? 'halted by a person', options.force);
    const run = await runUntil(client, runId, (now) => now.memo?.status === 'halted', waitMs);
    if (!run?.open) return `${runId} has come to its end`;
    if (run.memo?.status === 'halted') return `${runId} is halted; go on with \`locus resume ${runId}\``;
    return `${runId} halts when its step lets go: see \`locus status ${runId}\`, or give the step up with \`--force\``;
  });
}

export async function resume(options: { readonly run?: string }): Promise<number> {
  return steer(options.run, async (client, { runId, memo }) => {
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
  });
}

/** `locus stop <run>`: ends a run for good, waits for that, and says what was kept where. Done twice it does no harm. */
export async function stop(options: { readonly run: string; readonly reason?: string }): Promise<number> {
  const engine = await openEngine();
  try {
    const { client } = engine;
    const { runId, open } = await chooseAnyRun(engine, options.run);
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

function endOf(state: RunState | null, wasOpen: boolean): string {
  if (state?.status === 'stopped') return wasOpen ? 'is stopped' : 'was stopped already';
  return wasOpen ? 'has come to its end' : 'has ended already';
}

function keptOf({ tasks, warnings }: RunState): string[] {
  const lines = tasks.map((task) => {
    const { issue, title, branch, status } = task;
    const what = `#${issue} ${oneLine(title)}: `;
    if (status === 'done') return `${what}done, on ${branch}`;
    if (task.commit !== null) return `${what}committed on ${branch}, not pushed yet`;
    if (task.unfinished) return `${what}unfinished, kept on ${unfinishedRef(branch, issue)}`;
    return `${what}${task.startedAt === null ? 'not begun' : status === 'pending' ? 'nothing was made yet' : status}`;
  });
  return [...lines, ...warnings.map((text) => `warning: ${oneLine(text)}`)];
}

type Steering = Awaited<ReturnType<typeof openEngine>>['client'];

async function steer(
  name: string | undefined,
  act: (client: Steering, run: Awaited<ReturnType<typeof chooseRun>>) => Promise<string>,
): Promise<number> {
  const engine = await openEngine();
  try {
    const run = await chooseRun(engine, name);
    if (!run.open) throw new LocusFailure('RunConflict', `${run.runId} has ended`, { remedy: 'see `locus runs`' });
    console.log(await act(engine.client, run));
    return 0;
  } finally {
    await engine.close();
  }
}
