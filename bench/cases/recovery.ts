import { atGate } from '../../test/chaos/agents.ts';
import { kill } from '../../test/chaos/processes.ts';
import { followedAgain, nextActivity } from '../../test/chaos/recovery.ts';
import { openScene, type Scene } from '../../test/chaos/scene.ts';
import { sprint } from '../../test/chaos/shapes.ts';
import { median, repeat } from '../measure.ts';
import { boundRow, ms, type Row } from '../row.ts';

/** Milliseconds, medians. */
export interface RecoveryFigures {
  /** From the worker's SIGKILL until the next one follows its agent. */
  readonly worker: number;
  /** From the server's SIGKILL until the next step of a run. */
  readonly server: number;
}

export async function measureRecovery(rounds: number): Promise<RecoveryFigures> {
  const each = await repeat(rounds, async (seed) => ({
    worker: await inScene(seed, async (scene) => {
      const { worker } = await scene.keeper();
      const { attempt } = await atGate(scene);
      const began = Date.now();
      kill(worker?.pid);
      return followedAgain(scene, began, worker?.pid, attempt);
    }),
    server: await inScene(seed, async (scene) => {
      const { server } = await scene.keeper();
      await atGate(scene);
      const began = Date.now();
      kill(server?.pid);
      await scene.letGo();
      return (await nextActivity(scene, began)) ?? 0;
    }),
  }));
  return {
    worker: median(each.map(({ worker }) => worker)),
    server: median(each.map(({ server }) => server)),
  };
}

async function inScene(seed: number, measure: (scene: Scene) => Promise<number>): Promise<number> {
  const scene = await openScene({ shape: sprint, seed, length: 1, gated: true });
  try {
    scene.run();
    await atGate(scene);
    const ms = await measure(scene);
    await scene.letGo();
    await scene.cli.ended;
    return ms;
  } finally {
    await scene.world.end();
  }
}

export function recoveryRows({ worker, server }: RecoveryFigures): Row[] {
  return [
    boundRow("recovery: worker's SIGKILL to following again", worker, 10_000, ms),
    { what: "recovery: server's SIGKILL to the next step", seen: ms(server) },
  ];
}
