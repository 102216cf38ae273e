import { join } from 'node:path';
import { readdir } from '../disk/at-once.ts';
import { ownPrefix } from '../domain/guard.ts';
import type { Repository } from '../domain/workspace.ts';
import { alone } from './lock.ts';
import { tryGit } from './run.ts';

/** Loose refs of branches of ours: with a thousand of them, and their objects, a push takes three times as long. */
const mostLoose = 100;

/**
 * Packs refs and loose objects where many branches were made, as git itself would: in our commands its own upkeep is
 * off, so that nothing works in the background. A git that cannot do it is as slow as it was.
 */
export async function tidy(repository: Repository, signal?: AbortSignal): Promise<void> {
  const folder = join(repository.commonDir, 'refs', 'heads', ownPrefix);
  const loose = await readdir(folder).catch(() => []);
  if (loose.length < mostLoose) return;
  const limits = { timeoutMs: 60_000, ...(signal ? { signal } : {}) };
  const run = (...args: readonly string[]) => tryGit(repository, args, limits).catch(() => null);
  const packed = await alone(repository.commonDir, () => run('pack-refs', '--all'));
  if (packed?.exitCode === 0) await run('maintenance', 'run', '--quiet', '--task=loose-objects');
}
