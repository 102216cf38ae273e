import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../e2e/support/wait.ts';
import { leaseTouched } from './agents.ts';
import type { Scene } from './scene.ts';

const patience = 60;

/** Milliseconds from `since` until another worker than `old` has found the agent and touched its lease. */
export async function followedAgain(scene: Scene, since: number, old: number | undefined, attempt: string) {
  const begun = await until(
    'another worker follows the agent',
    () =>
      scene.points
        .passed()
        .find(({ at, pid, name }) => at >= since && pid !== old && name === 'activity.runAgent.begin'),
    patience,
  );
  const touched = await until(
    'the lease of the agent is touched again',
    () => {
      const at = leaseTouched(scene, attempt);
      return at >= begun.at ? at : 0;
    },
    patience,
  );
  return touched - since;
}

/** Milliseconds from `since` until a worker, another one than `old`, begins the next activity; null where none is left to do. */
export async function nextActivity(scene: Scene, since: number, old?: number): Promise<number | null> {
  const isNext = ({ at, pid, name }: { at: number; pid: number; name: string }) =>
    at >= since && pid !== old && /^activity\..*\.begin$/.test(name);
  const found = await until(
    'the next activity begins',
    () => scene.points.passed().find(isNext) ?? (hasEnded(scene) ? 'ended' : null),
    patience,
  );
  return found === 'ended' ? null : found.at - since;
}

/** Milliseconds from `since` until an agent starts for this issue. */
export async function nextStart({ repository }: Scene, since: number, issue: number | null): Promise<number> {
  const note = await until(
    'the agent is started again',
    async () =>
      (await repository.agentLog()).find((one) => one.event === 'start' && one.issue === issue && one.at >= since),
    patience,
  );
  return note.at - since;
}

/** Waits for a moment that the seed chooses: so many points passed, and a little longer. False where the run has ended. */
export async function atRandom(scene: Scene): Promise<boolean> {
  const { points, random, length } = scene;
  const wanted = random.whole(1, length - 1);
  await until(`${wanted} points are passed`, () => points.passed().length >= wanted || hasEnded(scene), patience);
  await delay(random.between(0, 200));
  return !hasEnded(scene);
}

/** When the armed point struck. */
export async function struck(scene: Scene): Promise<number> {
  const at = await until(
    'the armed point is reached',
    () => scene.points.struckAt() ?? (hasEnded(scene) ? 'ended' : null),
    patience,
  );
  if (at === 'ended') throw new Error('the run ended before it came to the armed point');
  return at;
}

export function hasEnded({ cli }: Scene): boolean {
  return cli.process.exitCode !== null || cli.process.signalCode !== null;
}
