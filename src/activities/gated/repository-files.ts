import type { RepositoryFiles } from '../../domain/gated/test-command.ts';
import type { Workspace } from '../../domain/workspace.ts';
import { git, tryGit } from '../../git/run.ts';

/** What a commit shows of how its repository is built and tested. `explicit`: the command that the config names. */
export async function repositoryFiles(
  { repository }: Pick<Workspace, 'repository'>,
  commit: string,
  explicit: string | null = null,
): Promise<RepositoryFiles> {
  const place = { commonDir: repository.commonDir };
  const blob = async (file: string) => {
    const found = await tryGit(place, ['cat-file', 'blob', `${commit}:${file}`]);
    return found.exitCode === 0 ? found.stdout : null;
  };
  const [listing, packageJson, makefile] = await Promise.all([
    git(place, ['ls-tree', '-r', '--name-only', '-z', '--full-tree', commit]),
    blob('package.json'),
    blob('Makefile'),
  ]);
  return { explicit, paths: listing.split('\0').filter((name) => name !== ''), packageJson, makefile };
}
