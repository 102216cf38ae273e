import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../e2e/support/wait.ts';
import { atGate } from './agents.ts';
import { kill } from './processes.ts';
import { atRandom, followedAgain, hasEnded, nextActivity, struck } from './recovery.ts';
import type { Row } from './rows.ts';
import type { Scene } from './scene.ts';

const followed = 'to the first touch of the agent’s lease by the next worker';
const goesOn = 'to the next activity that another worker begins';

export const workerRows: readonly Row[] = [
  {
    id: 'worker-kill',
    target: 'kill',
    fault: 'worker killed (SIGKILL) while an agent works',
    full: 20,
    quick: 1,
    gated: true,
    clock: followed,
    strike: (scene) => whileAgentWorks(scene, 'SIGKILL'),
  },
  {
    id: 'worker-kill-point',
    fault: 'worker killed at a named point: before and after each write, between a step and its answer',
    full: 'points',
    quick: 4,
    quickPoints: [
      'git.push.after',
      'tracker.POST.pulls.after',
      'activity.runAgent.answer',
      'tracker.POST.issues.comments.after',
    ],
    clock: goesOn,
    async strike(scene) {
      const at = await struck(scene);
      return nextActivity(scene, at, scene.points.passed().findLast((point) => point.at <= at)?.pid);
    },
  },
  {
    id: 'worker-kill-random',
    fault: 'worker killed at a random moment',
    full: 15,
    quick: 0,
    clock: goesOn,
    strike: killAtRandom,
  },
  {
    id: 'worker-kill-twice',
    fault: 'worker killed at a random moment, and the next one as soon as it works',
    full: 5,
    quick: 0,
    clock: goesOn,
    async strike(scene) {
      const first = await killAtRandom(scene);
      if (first === null) return null;
      return hasEnded(scene) ? null : killNow(scene);
    },
  },
  {
    id: 'worker-term',
    target: 'term',
    fault: 'worker stopped (SIGTERM) while an agent works; the keeper starts the next one',
    full: 12,
    quick: 1,
    gated: true,
    clock: followed,
    strike: (scene) => whileAgentWorks(scene, 'SIGTERM'),
  },
  {
    id: 'worker-hang',
    fault: 'worker suspended for 9 s, longer than its heartbeat may take, and then let go on',
    full: 3,
    quick: 0,
    gated: true,
    clock: 'to the next activity after it was let go on',
    async strike(scene) {
      await atGate(scene);
      const { worker } = await scene.keeper();
      kill(worker?.pid, 'SIGSTOP');
      await delay(9_000);
      const since = Date.now();
      kill(worker?.pid, 'SIGCONT');
      await delay(2_000);
      await scene.letGo();
      return nextActivity(scene, since);
    },
  },
];

async function whileAgentWorks(scene: Scene, signal: NodeJS.Signals): Promise<number> {
  const { attempt } = await atGate(scene);
  await delay(scene.random.between(0, 600));
  const { worker } = await scene.keeper();
  const since = Date.now();
  kill(worker?.pid, signal);
  const recovered = await followedAgain(scene, since, worker?.pid, attempt);
  await scene.letGo();
  return recovered;
}

async function killAtRandom(scene: Scene): Promise<number | null> {
  return (await atRandom(scene)) ? killNow(scene) : null;
}

async function killNow(scene: Scene): Promise<number | null> {
  const worker = await until('there is a worker', async () => (await scene.keeper()).worker);
  const since = Date.now();
  kill(worker.pid);
  return nextActivity(scene, since, worker.pid);
}
