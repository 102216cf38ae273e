import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type KeeperInfo, readLastKeeper } from '../../src/server/keeper-file.ts';
import { type GitHubRepository, makeRepository } from '../e2e/support/repository.ts';
import { type Ended, type Environment, openWorld, type Running, type World } from '../e2e/support/world.ts';
import { openPoints, type Points } from './armed.ts';
import type { Taken } from './check.ts';
import { type Random, randomOf } from './random.ts';
import { makeIssues, type Shape } from './shapes.ts';

const run = promisify(execFile);

export interface SceneOptions {
  readonly shape: Shape;
  readonly seed: number;
  /** Points that are passed when nothing goes wrong. */
  readonly length: number;
  /** Whether one agent waits in the middle of its work until it is let go on. */
  readonly gated: boolean;
  /** Laid over `agent` of the config. */
  readonly agent?: Readonly<Record<string, unknown>>;
  /** Size of the disk that state directory and repository are on; left out: the machine's own. */
  readonly diskMegabytes?: number;
}

/** One trial's machine: a state directory, a repository with its remote and tracker, a `locus run` under way. */
export interface Scene {
  readonly shape: Shape;
  readonly seed: number;
  readonly length: number;
  readonly random: Random;
  readonly world: World;
  readonly repository: GitHubRepository;
  readonly points: Points;
  /** The issue whose agent waits for `letGo`; null where none does. */
  readonly hit: number | null;
  /** Agents that the fault took along, by issue. */
  taken: Record<number, Taken>;
  /** The `locus run` that a person looks at. */
  cli: Running;
  /** Of every `locus` that is started from now on. */
  env: Environment;
  locus(...args: readonly string[]): Promise<Ended>;
  /** Starts `locus run`, or another one that joins what goes on. */
  run(...more: readonly string[]): Running;
  keeper(): Promise<KeeperInfo>;
  letGo(): Promise<void>;
}

export async function openScene(options: SceneOptions): Promise<Scene> {
  const { shape, length } = options;
  const random = randomOf(options.seed);
  const world = await openWorld();
  if (options.diskMegabytes) await mountDisk(world, options.diskMegabytes);
  const config = { agent: { maxParallel: 3, ...options.agent } };
  const repository = await makeRepository(world, { config });
  repository.github.latencyMs = random.pick([0, 50, 300]);
  const points = await openPoints(path.join(world.folder, 'points'));
  const hit = options.gated ? random.pick(shape.issues) : null;
  makeIssues(repository, shape, hit, 0.4);
  const start = (args: readonly string[]) => repository.start(args, scene.env);
  const scene: Scene = {
    ...{ shape, length, random, seed: options.seed, world, repository, points, hit },
    taken: {},
    env: points.env,
    cli: undefined as unknown as Running,
    locus: (...args) => start(args).ended,
    run(...more) {
      scene.cli = start([...shape.args, ...more]);
      return scene.cli;
    },
    async keeper() {
      const info = await readLastKeeper(world.stateDir);
      if (info === null) throw new Error('there is no keeper');
      return info;
    },
    letGo: () => repository.openGate('go'),
  };
  return scene;
}

/** State directory and repository on one small disk. Needs the right to mount. */
async function mountDisk(world: World, megabytes: number): Promise<void> {
  const disk = path.join(world.folder, 'disk');
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'locus-chaos', disk]);
  const mounted = [disk];
  world.onEnd(async () => {
    for (const folder of mounted.reverse()) await run('umount', ['--lazy', folder]);
  });
  // The first repository of a world is called so.
  for (const [name, place] of [
    ['state', world.stateDir],
    ['shop-1', path.join(world.folder, 'shop-1')],
  ] as const) {
    await mkdir(path.join(disk, name), { mode: 0o700 });
    await mkdir(place, { mode: 0o700 });
    await run('mount', ['--bind', path.join(disk, name), place]);
    mounted.push(place);
  }
}
