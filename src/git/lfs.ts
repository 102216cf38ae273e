import type { Repository } from '../domain/workspace.ts';
import { tryGit } from './run.ts';

/** Whether a commit keeps files in Git LFS: its objects are pushed by a hook, and our git runs none. */
export async function usesLfs(repository: Repository, commit: string): Promise<boolean> {
  const attributes = [':(glob).gitattributes', ':(glob)**/.gitattributes'];
  const found = await tryGit({ commonDir: repository.commonDir }, [
    'grep',
    '-q',
    'filter=lfs',
    commit,
    '--',
    ...attributes,
  ]);
  return found.exitCode === 0;
}
