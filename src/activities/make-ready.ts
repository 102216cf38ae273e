import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { endAgent } from '../agents/host/end.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { RunContext } from '../domain/run.ts';
import type { Workspace } from '../domain/workspace.ts';
import { hideFiles } from '../git/exclude.ts';
import { replaceFile } from '../git/place.ts';
import { confinedRun } from './confine.ts';
import type { Dependencies, RunSecrets } from './deps.ts';
import { attemptDir } from './repository.ts';

/** Makes a new workspace usable: `workspace.copy`, then `workspace.setup`, once each; setup again when it was changed. */
export async function makeReady(
  deps: Dependencies,
  run: RunContext,
  place: { readonly workspace: Workspace; readonly isNew: boolean; readonly env: RunSecrets['env'] },
): Promise<void> {
  const { workspace, isNew } = place;
  const { setup, copy } = run.settings.workspace;
  if (workspace.mode === 'root' || (setup === null && copy.length === 0)) return;
  const note = path.join(workspace.repository.privateDir, `${workspace.name}.ready`);
  const wanted = createHash('sha256').update(JSON.stringify({ setup, copy })).digest('hex');
  if (!isNew && (await readFile(note, 'utf8').catch(() => '')).trim() === wanted) return;
  await copyFiles(workspace, copy);
  if (setup !== null) {
    // One that a killed worker left would still be writing.
    await endAgent(attemptDir(deps.stateDir, `setup-${workspace.name}`));
    const done = await confinedRun(deps, run, { workspace, argv: setup, env: place.env, purpose: 'setup' });
    if (done.exitCode !== 0) {
      throw new LocusFailure(
        'SetupFailed',
        `workspace.setup (${setup.join(' ')}) ended with exit code ${done.exitCode}: ${done.tail}`,
      );
    }
  }
  await replaceFile(note, `${wanted}\n`);
}

/** Copied files stay out of commits: they are what the repository does not hold, such as `.env`. */
async function copyFiles(workspace: Workspace, files: readonly string[]): Promise<void> {
  const { repository } = workspace;
  if (repository.bare || files.length === 0) return;
  await hideFiles(repository, files);
  for (const file of files) {
    const from = path.join(repository.root, file);
    const found = await lstat(from).catch(() => null);
    if (found === null) continue;
    const to = path.join(workspace.path, file);
    await mkdir(path.dirname(to), { recursive: true });
    const folder = await realpath(path.dirname(to));
    const inside = folder === workspace.path || folder.startsWith(workspace.path + path.sep);
    if (!inside || !found.isFile()) {
      throw new LocusFailure('SetupFailed', `workspace.copy: ${file} is no plain file inside the repository`, {
        remedy: 'name files, relative to the repository',
      });
    }
    await copyFile(from, to);
  }
}
