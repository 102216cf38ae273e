import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeeperInfo } from '../../src/server/keeper-file.ts';
import type { GitHubRepository } from '../e2e/support/repository.ts';
import type { World } from '../e2e/support/world.ts';

export async function keeperOf(world: World): Promise<KeeperInfo> {
  return JSON.parse(await readFile(path.join(world.stateDir, 'keeper.json'), 'utf8')) as KeeperInfo;
}

export function kill(pid: number | undefined): void {
  if (pid === undefined) throw new Error('there is no such process');
  process.kill(pid, 'SIGKILL');
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The sprint `S`, one issue per body, numbered from 1 in a new repository. */
export function sprintOf(repository: GitHubRepository, bodies: readonly string[]): void {
  const issues = bodies.map((body, index) => ({ title: `Task ${index + 1}`, body, milestone: 'S' }));
  repository.github.seed({ issues });
}
