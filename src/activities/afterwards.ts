import path from 'node:path';
import { Context } from '@temporalio/activity';
import { readFile } from '../disk/at-once.ts';
import type { RunContext } from '../domain/run.ts';
import { replaceFile } from '../git/place.ts';
import type { AttemptRequest, AttemptResult, DoneAfterwards, PreparedTask, PrepareRequest } from './contract.ts';
import type { Dependencies } from './deps.ts';
import { inTurn } from './in-turn.ts';
import { prepareTask } from './prepare.ts';
import { pushBranch } from './push.ts';
import { workspaceKey } from './repository.ts';

/** What takes longer is left to a step of its own, which shows what it waits for. */
const longestMs = 30_000;
const madeFile = 'made.json';

type Made = Extract<AttemptResult, { readonly outcome: 'done' }>;

/**
 * Makes the work of an attempt, then does at once what else belongs to it: its push, and beside that the next task's
 * preparation. A worker that is lost in between does not make the work again: the workspace is the next task's by then.
 */
export async function withAfterwards(
  deps: Dependencies,
  run: RunContext,
  request: AttemptRequest,
  { dir, make }: { readonly dir: string; readonly make: () => Promise<AttemptResult> },
): Promise<AttemptResult> {
  const { afterwards } = request;
  if (afterwards === undefined) return make();
  const made = (await madeBefore(dir)) ?? (await make());
  if (made.outcome !== 'done') return made;
  await replaceFile(path.join(dir, madeFile), JSON.stringify(made));
  const signal = AbortSignal.any([Context.current().cancellationSignal, AbortSignal.timeout(longestMs)]);
  const [pushed, next] = await Promise.all([
    afterwards.push && push(deps, run, { branch: request.task.branch, commit: made.commit }, signal),
    afterwards.next && prepareNext(deps, run, afterwards.next, signal),
  ]);
  return { ...made, afterwards: { pushed, next } satisfies DoneAfterwards };
}

/** By an earlier attempt of this activity; an agent's own words in that place count for nothing. */
async function madeBefore(dir: string): Promise<Made | null> {
  if (Context.current().info.attempt === 1) return null;
  const text = await readFile(path.join(dir, madeFile), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as Made);
}

async function push(...[deps, run, request, signal]: Required<Parameters<typeof pushBranch>>): Promise<boolean> {
  return pushBranch(deps, run, request, signal).then(
    () => true,
    () => false,
  );
}

async function prepareNext(
  deps: Dependencies,
  run: RunContext,
  request: PrepareRequest,
  signal: AbortSignal,
): Promise<PreparedTask | null> {
  const key = workspaceKey(run, request.task.branch);
  return inTurn(run, key, () => prepareTask(deps, run, request, signal)).catch(() => null);
}
