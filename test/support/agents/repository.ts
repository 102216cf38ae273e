import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Confinement } from '../../../src/sandboxes/sandbox.ts';

/** A checkout with one commit and two worktrees on detached heads, and the confinement of the first. */
export function repositoryIn(root: string, attemptDir: string) {
  const base = path.join(root, 'repo');
  const commonDir = path.join(base, '.git');
  const workspace = path.join(base, '.locus', 'worktrees', 'issue-1');
  const other = path.join(base, '.locus', 'worktrees', 'issue-2');
  const home = path.join(root, 'home');
  mkdirSync(base, { recursive: true });
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  git(base, 'init', '-q', '-b', 'main');
  writeFileSync(path.join(base, 'readme.md'), 'hello\n');
  git(base, 'add', '.');
  git(base, 'commit', '-q', '-m', 'first');
  git(base, 'worktree', 'add', '-q', '--detach', workspace);
  git(base, 'worktree', 'add', '-q', '--detach', other);
  for (const folder of [path.join(home, '.ssh'), attemptDir]) mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(home, '.ssh', 'id'), 'private key');
  writeFileSync(path.join(home, '.netrc'), 'password');
  writeFileSync(path.join(home, '.gitconfig'), '[user]\n\tname = Ann\n\temail = ann@example.com\n');
  const confinement: Confinement = {
    workspace,
    readOnly: false,
    commonDir,
    adminDir: path.join(commonDir, 'worktrees', 'issue-1'),
    objectsDir: path.join(attemptDir, 'objects'),
    attemptDir,
    agentFolders: [],
    home,
  };
  return { base, commonDir, workspace, other, home, confinement, git };
}
