import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Confinement } from '../sandbox.ts';

/**
 * What lets `git commit` work on a detached HEAD and nothing more: HEAD, index and reflog live in `adminDir`, which is
 * writable; refs, config and hooks in `commonDir`, which is not. New objects go to `objectsDir`, which lies over
 * `<commonDir>/objects` and names the real ones, bound elsewhere, as its alternate: so no GIT_* variable is needed,
 * and repositories that the agent makes for its own tests are left alone.
 */
export async function gitBinds(confinement: Confinement): Promise<string[]> {
  const { workspace, readOnly, commonDir, adminDir, objectsDir } = confinement;
  const dotGit = path.join(workspace, '.git');
  return [
    ...['--ro-bind', commonDir, commonDir],
    ...(objectsDir === null || readOnly ? [] : await objectBinds(confinement, objectsDir)),
    ...(adminDir === null || readOnly ? [] : await adminBinds(commonDir, adminDir)),
    ...(dotGit === commonDir ? [] : ['--ro-bind-try', dotGit, dotGit]),
  ];
}

async function objectBinds({ commonDir, attemptDir }: Confinement, objectsDir: string): Promise<string[]> {
  const real = path.join(commonDir, 'objects');
  const base = path.join(attemptDir, 'base-objects');
  // Outside of objectsDir, which our own git reads later and in which it takes no word of an agent's for an alternate.
  const info = path.join(attemptDir, 'objects-info');
  const further = await alternatesOf(real);
  await mkdir(info, { recursive: true });
  await writeFile(path.join(info, 'alternates'), `${[base, ...further].join('\n')}\n`);
  await mkdir(path.join(objectsDir, 'info'), { recursive: true });
  await mkdir(base, { recursive: true });
  return [
    ...['--ro-bind', real, base, '--bind', objectsDir, real],
    ...['--ro-bind', info, path.join(real, 'info')],
    ...further.flatMap((folder) => ['--ro-bind-try', folder, folder]),
  ];
}

async function adminBinds(commonDir: string, adminDir: string): Promise<string[]> {
  const guarded = ['commondir', 'gitdir'].map((name) => path.join(adminDir, name));
  const config = await readFile(path.join(commonDir, 'config'), 'utf8').catch(() => '');
  if (/worktreeconfig/i.test(config)) {
    // With that extension git obeys this file, so the agent must not be the one who makes it.
    const own = path.join(adminDir, 'config.worktree');
    await writeFile(own, '', { flag: 'wx' }).catch(ignoreExisting);
    guarded.push(own);
  }
  const binds = ['--bind', adminDir, adminDir];
  for (const file of guarded) if (await exists(file)) binds.push('--ro-bind', file, file);
  return binds;
}

/** Relative ones are relative to the folder of objects, and would lead elsewhere from where that is bound. */
async function alternatesOf(objects: string): Promise<string[]> {
  const list = await readFile(path.join(objects, 'info', 'alternates'), 'utf8').catch(() => '');
  const named = list.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return named.map((line) => path.resolve(objects, line));
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
