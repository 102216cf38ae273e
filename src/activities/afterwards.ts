import path from 'node:path';
import { Context } from '@temporalio/activity';
import { readFile } from '../disk/at-once.ts';
import type { RunContext } from '../domain/run.ts';
import { replaceFile } from '../git/place.ts';
import type { AttemptRequest, AttemptResult, DoneAfterwards, PreparedTask, PrepareRequest } from './contract.ts';
import type { Dependencies } from './deps.ts';
import { inTurn } from './in-turn.ts';
import { askRemote, prepareTask } from './prepare.ts';
import { pushBranch } from './push.ts';
import { workspaceKey } from './repository.ts';

/** A preparation that takes longer is left to a step of its own. */
const longestMs = 120_000;
/** By the attempt's folder: what is under way here. */
const underWay = new Map<string, AbortController>();
const madeFile = 'made.json';

type Made = Extract<AttemptResult, { readonly outcome: 'done' }>;

interface AfterwardsOptions {
  /** The attempt's folder. */
  readonly dir: string;
  readonly make: () => Promise<AttemptResult>;
  /** Told before anything else begins. */
  readonly onMade?: (made: Made) => void;
}

/**
 * Makes the work of an attempt, then does at once what else belongs to it: its push, and beside that the next task's
 * preparation. A worker that is lost in between does not make the work again: the workspace is the next task's by then.
 */
export async function withAfterwards(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  { dir, make, onMade }: AfterwardsOptions,
): Promise<AttemptResult> {
  const { afterwards } = request;
  if (afterwards === undefined) return make();
  const givenUp = new AbortController();
  underWay.set(dir, givenUp);
  const signal = AbortSignal.any([Context.current().cancellationSignal, givenUp.signal]);
  // Where a verification takes minutes, what the remote has by then is asked after it.
  const asked =
    run.settings.agent.verify === null && afterwards.next ? askRemote(deps, run, afterwards.next, signal) : undefined;
  asked?.catch(() => {});
  try {
    const made = (await madeBefore(dir)) ?? (await make());
    if (made.outcome !== 'done') return made;
    await replaceFile(path.join(dir, madeFile), JSON.stringify(made));
    onMade?.(made);
    const { branch } = request.task;
    const [pushed, next] = await Promise.all([
      afterwards.push && tried(signal, false, () => push(deps, run, { branch, commit: made.commit }, signal)),
      afterwards.next && prepareNext(deps, run, { request: afterwards.next, asked }, signal),
    ]);
    return { ...made, afterwards: { pushed, next } satisfies DoneAfterwards };
  } finally {
    underWay.delete(dir);
  }
}

/**
 * `otherwise` where it fails, or is given up. What does not let go then goes on by itself: its own step waits for it, or
 * finds what it has done.
 */
async function tried<T>(signal: AbortSignal, otherwise: T, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) return otherwise;
  const aborted = new Promise<T>((resolve) => {
    signal.addEventListener('abort', () => resolve(otherwise), { once: true });
  });
  return Promise.race([work().catch(() => otherwise), aborted]);
}

/** The run is to halt or stop: its steps can be given up, and are shown as what they are. */
export function giveUpAfterwards(dir: string): void {
  underWay.get(dir)?.abort();
}

/** By an earlier attempt of this activity; an agent's own words in that place count for nothing. */
async function madeBefore(dir: string): Promise<Made | null> {
  if (Context.current().info.attempt === 1) return null;
  try {
    return JSON.parse(await readFile(path.join(dir, madeFile), 'utf8')) as Made;
  } catch {
    // Not there, or cut off by a loss of power: making the work again changes nothing then.
    return null;
  }
}

async function push(...request: Parameters<typeof pushBranch>): Promise<true> {
  await pushBranch(...request);
  return true;
}

async function prepareNext(
  deps: Dependencies,
  run: RunContext,
  { request, asked }: { readonly request: PrepareRequest; readonly asked: ReturnType<typeof askRemote> | undefined },
  givenUp: AbortSignal,
): Promise<PreparedTask | null> {
  const key = workspaceKey(run, request.task.branch);
  const signal = AbortSignal.any([givenUp, AbortSignal.timeout(longestMs)]);
  const next = await tried<PreparedTask | null>(signal, null, () =>
    inTurn(run, key, () => prepareTask(deps, run, request, signal, asked)),
  );
  // Its own step asks for another agent start.
  if (next === null) await deps.gate.giveBack(request.permit).catch(() => {});
  return next;
}
