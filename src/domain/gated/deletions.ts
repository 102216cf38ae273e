import { cut, oneLine } from '../text.ts';
import type { Section } from './sections.ts';
import type { Deletion, TargetState } from './state.ts';

/** What one commit did to the tree. A rename is no deletion, and is in neither list. */
export interface CommitFiles {
  readonly deleted: readonly string[];
  /** A deleted path that comes back is deleted no longer. */
  readonly added?: readonly string[];
}

const noDeletions = 'No files were deleted.';
const longestPath = 300;

/** The deletions with those of another commit: each path once, as it was first deleted. */
export function withDeletions(
  known: readonly Deletion[],
  { deleted, added = [] }: CommitFiles,
  sprint: string,
  cycle: number,
): Deletion[] {
  const back = new Set(added);
  const kept = known.filter(({ path }) => !back.has(path));
  const paths = new Set(kept.map(({ path }) => path));
  for (const path of deleted) {
    if (paths.has(path) || back.has(path)) continue;
    paths.add(path);
    kept.push({ path, sprint, cycle });
  }
  return kept;
}

/** A target whose branch somebody else has worked on: its counts are theirs, and what they deleted is deleted. */
export function grownBy<T extends Pick<TargetState, 'target' | 'metrics' | 'deletions'>>(
  state: T,
  { metrics: theirs, deletions: deleted }: Pick<TargetState, 'metrics' | 'deletions'>,
): T {
  let { deletions } = state;
  for (const { path, cycle } of deleted) deletions = withDeletions(deletions, { deleted: [path] }, state.target, cycle);
  const { files_changed, commits } = theirs;
  const metrics = { ...state.metrics, files_changed, commits, files_deleted: deletions.length };
  return { ...state, deletions, metrics };
}

/** With what a sprint has come to: what it has deleted, without what it has made again of what was deleted before. */
export function withSprint(
  known: readonly Deletion[],
  { target, deletions }: Pick<TargetState, 'target' | 'deletions'>,
  restored: readonly string[],
): readonly Deletion[] {
  const kept = withDeletions(known, { deleted: [], added: restored }, target, 0);
  return deletions.reduce((all, { path, cycle }) => withDeletions(all, { deleted: [path] }, target, cycle), kept);
}

/** The block of a pull request: a heading, the total and a tree by directory, or the one line that says there are none. */
export function deletionsSection(deletions: readonly Deletion[]): Section {
  if (deletions.length === 0) return { heading: '', lines: [noDeletions] };
  const lines = treeOf(deletions);
  const fence = '`'.repeat(Math.max(2, ...lines.map(longestTicks)) + 1);
  return {
    heading: '## Deleted Files',
    before: [`Total: ${countOf(deletions)}`, '', `${fence}text`],
    lines,
    after: [fence],
  };
}

/** A directory a line, its files below it; the root's files come first. */
export function treeOf(deletions: readonly Deletion[]): string[] {
  const seen = new Set<string>();
  const folders = new Map<string, string[]>();
  for (const { path, sprint, cycle } of [...deletions].sort((a, b) => compare(a.path, b.path))) {
    if (seen.has(path)) continue;
    seen.add(path);
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, slash + 1);
    const files = folders.get(folder) ?? [];
    files.push(`${shown(path.slice(slash + 1))} (${sprint}, cycle ${cycle})`);
    folders.set(folder, files);
  }
  return [...folders]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([folder, files]) => (folder === '' ? files : [shown(folder), ...files.map((file) => `  ${file}`)]));
}

function countOf(deletions: readonly Deletion[]): string {
  const count = new Set(deletions.map(({ path }) => path)).size;
  return `${count} ${count === 1 ? 'file' : 'files'}`;
}

function shown(path: string): string {
  return cut(oneLine(path), longestPath);
}

function longestTicks(line: string): number {
  return (line.match(/`+/g) ?? []).reduce((length, run) => Math.max(length, run.length), 0);
}

/** The same order on every machine. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
