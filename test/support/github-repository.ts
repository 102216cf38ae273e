import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A bare repository with one commit on `main`, to stand behind the GitHub stand-in. */
export interface BareRepository {
  readonly dir: string;
  /** Makes a branch one commit ahead of `main`. */
  addBranch(name: string): Promise<void>;
  remove(): Promise<void>;
}

export async function createBareRepository(): Promise<BareRepository> {
  const dir = await mkdtemp(path.join(tmpdir(), 'locus-bare-'));
  const git = async (...args: string[]) => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
    return (await run('git', ['--git-dir', dir, ...identity, ...args])).stdout.trim();
  };
  let commits = 0;
  const commit = async (parent?: string) => {
    // The empty tree exists in every repository.
    const tree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
    commits += 1;
    return git('commit-tree', tree, '-m', `commit ${commits}`, ...(parent ? ['-p', parent] : []));
  };
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', dir]);
  await git('update-ref', 'refs/heads/main', await commit());
  return {
    dir,
    addBranch: async (name) => {
      await git('update-ref', `refs/heads/${name}`, await commit('refs/heads/main'));
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
