import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../e2e/support/wait.ts';
import { atGate } from './agents.ts';
import { newerLocus } from './newer.ts';
import { kill } from './processes.ts';
import { atRandom, followedAgain, nextActivity, struck } from './recovery.ts';
import type { Row } from './rows.ts';
import type { Scene } from './scene.ts';

export const engineRows: readonly Row[] = [
  ...(['SIGKILL', 'SIGTERM', 'SIGHUP'] as const).map(
    (signal): Row => ({
      id: `cli-${signal.slice(3).toLowerCase()}`,
      fault: `\`locus run\` ended by ${signal} at a random moment; called again later`,
      full: 5,
      quick: signal === 'SIGKILL' ? 1 : 0,
      clock: 'none: the run goes on without it',
      async strike(scene) {
        if (!(await atRandom(scene))) return null;
        const { cli } = scene;
        kill(cli.process.pid, signal);
        await cli.ended;
        // Long enough for the run to go on by itself, in some trials to its end.
        await delay(scene.random.between(200, 5_000));
        scene.run();
        return null;
      },
    }),
  ),
  {
    id: 'keeper-kill',
    fault: 'keeper killed while an agent works; `locus status` starts the next one',
    full: 6,
    quick: 0,
    gated: true,
    clock: 'from `locus status` to the first touch of the agent’s lease by the next worker',
    async strike(scene) {
      const { attempt } = await atGate(scene);
      const { keeper, worker } = await scene.keeper();
      kill(keeper.pid);
      await delay(scene.random.between(0, 1_000));
      const since = Date.now();
      await scene.locus('status');
      const recovered = await followedAgain(scene, since, worker?.pid, attempt);
      await scene.letGo();
      return recovered;
    },
  },
  {
    id: 'keeper-kill-random',
    fault: 'keeper killed at a random moment; some seconds later `locus status`',
    full: 5,
    quick: 0,
    clock: 'from `locus status` to the next activity that the next worker begins',
    async strike(scene) {
      if (!(await atRandom(scene))) return null;
      const { keeper, worker } = await scene.keeper();
      kill(keeper.pid);
      await delay(scene.random.between(1_000, 6_000));
      const since = Date.now();
      await scene.locus('status');
      return nextActivity(scene, since, worker?.pid);
    },
  },
  {
    id: 'server-kill',
    fault: 'Temporal server killed while an agent works',
    full: 8,
    quick: 1,
    gated: true,
    clock: 'until the next server serves',
    async strike(scene) {
      await atGate(scene);
      await delay(scene.random.between(0, 600));
      const recovered = await killServer(scene);
      await scene.letGo();
      return recovered;
    },
  },
  {
    id: 'server-kill-point',
    fault: 'Temporal server killed while the worker stands at a named point',
    full: 12,
    quick: 0,
    clock: 'until the next server serves',
    async strike(scene) {
      await struck(scene);
      const recovering = killServer(scene);
      await delay(scene.random.between(0, 1_000));
      scene.points.release();
      return recovering;
    },
  },
  {
    id: 'newer-cli',
    fault: 'a newer Locus is called (`status`) while an agent works: the keeper goes on with its worker',
    full: 4,
    quick: 1,
    gated: true,
    clock: 'from the command’s end to the first touch of the agent’s lease by the newer worker',
    async strike(scene) {
      const { attempt } = await atGate(scene);
      const { worker, version } = await scene.keeper();
      await newerLocus(scene, 'status');
      const since = Date.now();
      const recovered = await followedAgain(scene, since - 5_000, worker?.pid, attempt);
      if ((await scene.keeper()).version === version) throw new Error('the keeper still has the older version');
      await scene.letGo();
      return Math.max(0, recovered - 5_000);
    },
  },
];

/** Milliseconds until the server serves again. */
async function killServer(scene: Scene): Promise<number> {
  const { server } = await scene.keeper();
  const since = Date.now();
  kill(server?.pid);
  await until(
    'another server serves',
    async () => {
      const info = await scene.keeper();
      return info.serving && info.server !== null && info.server.pid !== server?.pid;
    },
    60,
  );
  return Date.now() - since;
}
