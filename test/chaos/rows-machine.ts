import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../e2e/support/wait.ts';
import { atGate, noteTaken, pidOf } from './agents.ts';
import { fillDisk } from './disk.ts';
import { kill, killAll, processesOf } from './processes.ts';
import { followedAgain, nextActivity, nextStart, struck } from './recovery.ts';
import type { Row } from './rows.ts';
import type { Scene } from './scene.ts';
import { sprint } from './shapes.ts';

const fromUp = 'from `locus up` to the next activity that a worker begins';

export const machineRows: readonly Row[] = [
  {
    id: 'power-cut',
    fault: 'command, worker, keeper and server killed at once while an agent works on; then `locus up`',
    full: 8,
    quick: 1,
    gated: true,
    clock: 'from `locus up` to the first touch of the agent’s lease by the next worker',
    async strike(scene) {
      const { attempt } = await atGate(scene);
      const { worker } = await scene.keeper();
      await killAll(scene.world.folder, (found) => found.attempt === null);
      const since = await upAgain(scene);
      const recovered = await followedAgain(scene, since, worker?.pid, attempt);
      await scene.letGo();
      scene.run();
      return recovered;
    },
  },
  {
    id: 'power-cut-point',
    fault: 'the same while the worker stands at a named point',
    full: 12,
    quick: 0,
    clock: fromUp,
    async strike(scene) {
      await struck(scene);
      await killAll(scene.world.folder, (found) => found.attempt === null);
      return goOnAfterUp(scene);
    },
  },
  {
    id: 'reboot',
    fault: 'everything killed at once, agents and their hosts too, while an agent works; then `locus up`',
    full: 8,
    quick: 1,
    gated: true,
    clock: fromUp,
    async strike(scene) {
      await atGate(scene);
      await delay(scene.random.between(0, 600));
      return reboot(scene);
    },
  },
  {
    id: 'reboot-point',
    fault: 'the same while the worker stands at a named point',
    full: 12,
    quick: 1,
    quickPoints: ['git.update-ref.heads.started'],
    clock: fromUp,
    async strike(scene) {
      await struck(scene);
      return reboot(scene);
    },
  },
  ...(['agent', 'host'] as const).map(
    (whose): Row => ({
      id: `${whose}-kill`,
      fault: whose === 'agent' ? 'agent killed' : 'the script that owns the agent killed',
      full: whose === 'agent' ? 8 : 6,
      quick: whose === 'agent' ? 1 : 0,
      gated: true,
      clock: 'to the next start of the agent',
      async strike(scene) {
        const { attempt, issue } = await atGate(scene);
        const since = Date.now();
        kill(pidOf(scene, attempt, whose));
        scene.taken[issue] = { starts: 1, lines: ['begun'] };
        const recovered = await nextStart(scene, since, issue);
        await scene.letGo();
        return recovered;
      },
    }),
  ),
  {
    id: 'lease',
    fault: 'an agent works for longer than it may be alone; its worker is killed meanwhile',
    full: 2,
    quick: 0,
    gated: true,
    agent: { orphanMinutes: 0.5 },
    clock: 'to the first touch of the agent’s lease by the next worker',
    async strike(scene) {
      const { attempt } = await atGate(scene);
      await delay(12_000);
      const { worker } = await scene.keeper();
      const since = Date.now();
      kill(worker?.pid);
      const recovered = await followedAgain(scene, since, worker?.pid, attempt);
      await delay(40_000);
      await scene.letGo();
      return recovered;
    },
  },
  {
    id: 'abandoned',
    fault: 'everything but the agent killed, and nobody comes back: the agent ends by its lease; `locus up` later',
    full: 2,
    quick: 0,
    gated: true,
    agent: { orphanMinutes: 0.25 },
    clock: fromUp,
    async strike(scene) {
      await atGate(scene);
      await killAll(scene.world.folder, (found) => found.attempt === null);
      await until('the agent ends by its lease', () => processesOf(scene.world.folder).length === 0, 60);
      await noteTaken(scene);
      return goOnAfterUp(scene);
    },
  },
  {
    id: 'disk-full',
    fault: 'the disk of state directory and repository is full for 8 s while an agent works',
    full: 3,
    quick: 0,
    person: 'makes room',
    gated: true,
    shape: sprint,
    diskMegabytes: 96,
    clock: 'from the moment there is room to the next activity',
    async strike(scene) {
      await atGate(scene);
      const makeRoom = await fillDisk(scene.world.stateDir);
      await delay(8_000);
      await makeRoom();
      const since = Date.now();
      await scene.letGo();
      return nextActivity(scene, since);
    },
  },
];

async function reboot(scene: Scene): Promise<number | null> {
  await killAll(scene.world.folder);
  await noteTaken(scene);
  return goOnAfterUp(scene);
}

async function goOnAfterUp(scene: Scene): Promise<number | null> {
  scene.points.release();
  await scene.letGo();
  const since = await upAgain(scene);
  scene.run();
  return nextActivity(scene, since);
}

/** `locus up`; answers when it was called. */
async function upAgain(scene: Scene): Promise<number> {
  const since = Date.now();
  const { code, stderr } = await scene.locus('up');
  if (code !== 0) throw new Error(`locus up ended with ${code}: ${stderr}`);
  return since;
}
