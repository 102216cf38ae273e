import type { Repository, Workspace } from '../domain/workspace.ts';
import { isAncestor, resolveCommit } from './branches.ts';
import { commitTree, treeOf } from './commit.ts';
import { alone } from './lock.ts';
import { git } from './run.ts';

/** The commit that holds what an attempt left. What became of it stands in the commit: one ref, moved in one step, is all. */
export interface Kept {
  readonly commit: string;
  readonly attemptId: string | null;
  /** It was put back into the workspace: what is made from there on takes its place. */
  readonly given: boolean;
}

const attemptTrailer = 'Locus-Attempt';
const givenTrailer = 'Locus-Given-Back: yes';

export async function readKept(repository: Repository, ref: string): Promise<Kept | null> {
  const commit = await resolveCommit(repository, ref);
  if (commit === null) return null;
  const text = await messageOf(repository, commit);
  const attemptId = new RegExp(`^${attemptTrailer}: (.+)$`, 'm').exec(text)?.[1] ?? null;
  return { commit, attemptId, given: text.split('\n').includes(givenTrailer) };
}

/** `opened`: folders that were repositories of their own. */
export function messageFor(attemptId: string | null, opened: readonly string[]): string {
  const repositories = opened.map((folder) => `${JSON.stringify(folder)} was a git repository of its own.\n`).join('');
  const trailer = attemptId === null ? '' : `\n${attemptTrailer}: ${attemptId}\n`;
  return `Unfinished changes, kept by locus\n${repositories && `\n${repositories}`}${trailer}`;
}

/** Notes on the ref whether what it keeps is in the workspace again; answers the commit that says so. */
export async function noteGiven(workspace: Workspace, ref: string, kept: Kept, given: boolean): Promise<string> {
  const { repository } = workspace;
  if (kept.given === given) return kept.commit;
  const lines = (await messageOf(repository, kept.commit)).trimEnd().split('\n');
  const message = [...lines.filter((line) => line !== givenTrailer), ...(given ? [givenTrailer] : []), ''].join('\n');
  const tree = await treeOf(workspace, kept.commit);
  const noted = await commitTree(workspace, { tree, parents: [`${kept.commit}^1`], message });
  const reason = given ? 'locus: given back' : 'locus: unfinished';
  await alone(repository.commonDir, () => git(repository, ['update-ref', '-m', reason, ref, noted, kept.commit]));
  return noted;
}

/**
 * Whether a workspace holds nothing that is neither in `kept` nor in `start`: a cleaning, or a giving back, that was cut
 * off leaves a part of it.
 */
export async function isPartOf(
  workspace: Workspace,
  left: { readonly head: string; readonly tree: string },
  { kept, start }: { readonly kept: string; readonly start: string },
): Promise<boolean> {
  const { repository } = workspace;
  if (!(await isAncestor(repository, left.head, kept))) return false;
  const differing = async (other: string) => {
    const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', left.tree, `${other}^{tree}`];
    return (await git(repository, args, { encoding: 'latin1' })).split('\0').filter((name) => name !== '');
  };
  const fromStart = new Set(await differing(start));
  return !(await differing(kept)).some((name) => fromStart.has(name));
}

async function messageOf(repository: Repository, commit: string): Promise<string> {
  return git(repository, ['show', '--no-patch', '--no-show-signature', '--format=%B', commit]);
}
