import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Repository, Workspace } from '../../src/domain/workspace.ts';
import { discoverCheckout } from '../../src/git/discover.ts';
import { type OpenedWorkspace, openWorkspace, type WorkspaceRequest } from '../../src/git/open.ts';

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'locus git ')));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Plain git, as a person or an agent would run it. */
export function sh(cwd: string, args: readonly string[], env: Record<string, string> = {}, input = ''): string {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const fixed = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  return execFileSync('git', args, {
    cwd,
    env: { ...clean, ...fixed, ...env },
    encoding: 'utf8',
    stdio: 'pipe',
    input,
  }).trimEnd();
}

export function write(folder: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

export function commit(folder: string, files: Record<string, string>, message = 'a change', env = {}): string {
  write(folder, files);
  sh(folder, ['add', '--', ...Object.keys(files)], env);
  sh(folder, ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'commit', '-q', '-m', message], env);
  return sh(folder, ['rev-parse', 'HEAD']);
}

export interface Fixture {
  readonly root: string;
  readonly remote: string;
  readonly stateDir: string;
  readonly repository: Repository;
  readonly first: string;
}

/** A checkout on `main` with one commit, pushed to a bare repository that is its `origin`. */
export async function makeFixture(): Promise<Fixture> {
  const folder = temporaryFolder();
  const root = join(folder, 'pro ject');
  const remote = join(folder, 'remote.git');
  const stateDir = join(folder, 'state');
  mkdirSync(root);
  sh(folder, ['init', '-q', '--bare', '-b', 'main', remote]);
  sh(root, ['init', '-q', '-b', 'main']);
  sh(root, ['remote', 'add', 'origin', remote]);
  const first = commit(root, { 'a.txt': 'one\n', 'b.txt': 'two\n', '.gitignore': 'ignored/\n*.log\n' }, 'first');
  sh(root, ['push', '-q', 'origin', 'main']);
  sh(root, ['fetch', '-q', 'origin']);
  const { repository } = await discoverCheckout(root, stateDir);
  return { root, remote, stateDir, repository, first };
}

export async function open(fixture: Fixture, changes: Partial<WorkspaceRequest> = {}): Promise<OpenedWorkspace> {
  return openWorkspace({
    repository: fixture.repository,
    mode: 'worktree',
    name: 'issue-1',
    branch: 'locus/issue-1',
    baseBranch: 'main',
    remote: 'origin',
    ...changes,
  });
}

/** What a sandbox gives an agent's git: a folder of its own for objects. */
export function privateObjects(workspace: Workspace): { objectsDir: string; env: Record<string, string> } {
  const objectsDir = join(workspace.repository.privateDir, 'objects');
  mkdirSync(objectsDir, { recursive: true });
  const alternates = JSON.stringify(join(workspace.repository.commonDir, 'objects'));
  return { objectsDir, env: { GIT_OBJECT_DIRECTORY: objectsDir, GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates } };
}

export async function failureOf(work: Promise<unknown>): Promise<{ type: string; message: string; details: object }> {
  return work.then(
    () => ({ type: 'none', message: '', details: {} }),
    (error) => ({ type: error.type ?? error.name, message: error.message, details: error.details ?? {} }),
  );
}
