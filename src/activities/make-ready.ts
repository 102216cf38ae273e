import { createHash } from 'node:crypto';
import { constants, copyFile, lstat, mkdir, readFile, rename, rm } from 'node:fs/promises';
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
  place: {
    readonly workspace: Workspace;
    readonly isNew: boolean;
    readonly env: RunSecrets['env'];
    /** Ends a setup that runs. */
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { workspace, isNew, env, signal } = place;
  const { setup, copy } = run.settings.workspace;
  if (workspace.mode === 'root' || (setup === null && copy.length === 0)) return;
  const note = path.join(workspace.repository.privateDir, `${workspace.name}.ready`);
  const wanted = createHash('sha256').update(JSON.stringify({ setup, copy })).digest('hex');
  if (!isNew && (await readFile(note, 'utf8').catch(() => '')).trim() === wanted) return;
  await copyFiles(workspace, copy);
  if (setup !== null) {
    // One that a killed worker left would still be writing.
    const attemptId = setupAttempt(workspace);
    await endAgent(attemptDir(deps.stateDir, attemptId));
    const command = { workspace, argv: setup, env, purpose: 'setup', attemptId, signal } as const;
    const done = await confinedRun(deps, run, command);
    if (done.exitCode !== 0) {
      throw new LocusFailure(
        'SetupFailed',
        `workspace.setup (${setup.join(' ')}) ended with exit code ${done.exitCode}: ${done.tail}`,
      );
    }
  }
  await replaceFile(note, `${wanted}\n`);
}

// Other repositories have workspaces of the same name. An attempt's name holds no `+`; no branch's holds two dots.
function setupAttempt({ repository, name }: Workspace): string {
  return `setup-${path.basename(repository.privateDir)}-${name.replaceAll('+', '..')}`;
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
    if (!found.isFile() || !(await isFree(workspace, file))) {
      throw new LocusFailure('SetupFailed', `workspace.copy: ${file} is no plain file inside the repository`, {
        remedy: 'name files, relative to the repository',
      });
    }
    const to = path.join(workspace.path, file);
    await mkdir(path.dirname(to), { recursive: true });
    // By a rename, which replaces a link where copying would write through it.
    const fresh = `${to}.locus-copy`;
    await rm(fresh, { force: true, recursive: true });
    await copyFile(from, fresh, constants.COPYFILE_EXCL);
    await rename(fresh, to);
  }
}

/** Whether the place is inside the workspace with folders alone above it: an agent may have committed a link as one. */
async function isFree(workspace: Workspace, file: string): Promise<boolean> {
  const inside = path.relative(workspace.path, path.join(workspace.path, file));
  const parts = inside.split(path.sep);
  if (inside === '' || parts[0] === '..' || parts.includes('.git')) return false;
  for (let depth = 1; depth <= parts.length; depth++) {
    const found = await lstat(path.join(workspace.path, ...parts.slice(0, depth))).catch(() => null);
    if (found === null) return true;
    if (depth < parts.length ? !found.isDirectory() : !found.isFile()) return false;
  }
  return true;
}
