import type { Repository } from '../domain/workspace.ts';
import { isKnownAncestor, noteAncestor } from './known.ts';
import { git, gitUpTo, type Place } from './run.ts';

export interface DiffLimits {
  /** Bytes of the whole answer. */
  readonly maxBytes: number;
  /** Its characters, which are the limit where it is larger; left out: they are not counted. */
  readonly maxChars?: number;
}

const defaultMaxBytes = 60_000;
const maxFileListShare = 0.5;
/** Of more files only the names are read, and the diffs of those that changed last: a task late in a large sprint costs what an early one does. */
const mostCompared = 100;
const latestCommits = 30;

/** By repository, base and limit, the last tip whose diff did not fit; what was built on it does not either. */
const large = new Map<string, string>();
const mostLarge = 50;

/**
 * The change from `base` to `tip` for a prompt: whole where it fits, else the list of files and then the diffs of the
 * smallest ones, of many files those that changed last, with what was left out named. Never reads more than it may show.
 */
export async function soFar(
  repository: Repository,
  base: string,
  tip: string,
  limits: DiffLimits = { maxBytes: defaultMaxBytes },
): Promise<string> {
  const place = { commonDir: repository.commonDir };
  const range = [await parting(place, base, tip), tip];
  const { maxBytes, maxChars = maxBytes } = limits;
  const key = `${repository.commonDir}\0${base}\0${maxBytes}`;
  const before = large.get(key);
  if (before === undefined || !(before === tip || isKnownAncestor(before, tip))) {
    const whole = await gitUpTo(place, [...diff, ...range], maxBytes);
    if (whole.complete && whole.text.length <= maxChars) return whole.text.trimEnd();
  }
  if (large.size >= mostLarge) large.clear();
  large.set(key, tip);
  return shortened(place, { range, tip }, Math.min(maxBytes, maxChars));
}

/** Where the two have parted. To find that out takes longer than a diff, in a sprint with many commits. */
async function parting(place: Place, base: string, tip: string): Promise<string> {
  if (isKnownAncestor(base, tip)) return base;
  const found = (await git(place, ['merge-base', base, tip])).trim();
  if (found === base) noteAncestor(base, tip);
  return found;
}

/** Two commits. */
type Range = readonly string[];

interface ChangedFile {
  readonly path: string;
  readonly line: string;
  /** Added and removed lines; null for a binary file. */
  readonly size: number | null;
}

// No program that an attribute or a setting names takes part.
const diff = ['diff', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--ignore-submodules=dirty'];

async function shortened(
  place: Place,
  { range, tip }: { readonly range: Range; readonly tip: string },
  maxBytes: number,
): Promise<string> {
  const names = await namesIn(place, [...diff, '--name-only', '-z', ...range]);
  const isMany = names.length > mostCompared;
  const files = isMany ? names.map(unread) : await changedFiles(place, range);
  const list = fileList(files, Math.floor(maxBytes * maxFileListShare));
  // Room for the sentence that says what was cut.
  const left = maxBytes - Buffer.byteLength(list) - 200;
  const candidates = isMany ? await latest(place, { range, tip }, names) : smallestFirst(files);
  const chosen = fitting(candidates, left);
  const shown = await diffsOf(place, range, chosen, left);
  const cut = files.length - shown.length;
  const said = `(The diff is larger than ${maxBytes} bytes: ${cut} of ${files.length} files are listed without their diff.)`;
  return Buffer.from([list, said, ...shown].join('\n\n'))
    .subarray(0, maxBytes)
    .toString();
}

/** Of these, the files that changed in the latest commits, the last ones first. */
async function latest(
  place: Place,
  { range, tip }: { readonly range: Range; readonly tip: string },
  names: readonly string[],
): Promise<ChangedFile[]> {
  const all = new Set(names);
  const touched = await namesIn(place, ['log', `-${latestCommits}`, '-m', '--name-only', '--format=', '-z', tip]);
  const paths = [...new Set(touched.filter((name) => all.has(name)))].slice(0, mostCompared);
  const read = new Map((await changedFiles(place, range, paths)).map((file) => [file.path, file]));
  return paths.flatMap((path) => read.get(path) ?? []);
}

async function namesIn(place: Place, args: readonly string[]): Promise<string[]> {
  return (await git(place, args)).split('\0').filter((name) => name !== '');
}

function unread(path: string): ChangedFile {
  return { path, line: JSON.stringify(path), size: null };
}

/** What a diff of a file takes beside its changed lines, and a usual line; in bytes. */
const fileOverhead = 150;
const usualLine = 40;

function smallestFirst(files: readonly ChangedFile[]): ChangedFile[] {
  return [...files].sort((a, b) => (a.size ?? 0) - (b.size ?? 0));
}

/** Paths of the first text files whose diffs should fit into so many bytes; one at least, where one could. */
function fitting(files: readonly ChangedFile[], maxBytes: number): string[] {
  let left = maxBytes;
  return files
    .filter((file) => file.size !== null && file.size < maxBytes)
    .filter((file, index) => {
      left -= fileOverhead + (file.size ?? 0) * usualLine;
      return left > 0 || index === 0;
    })
    .map((file) => file.path);
}

/** The diffs of these files, one by one, as far as they fit whole. */
async function diffsOf(place: Place, range: Range, paths: readonly string[], maxBytes: number): Promise<string[]> {
  if (paths.length === 0) return [];
  const { text, complete } = await gitUpTo(place, [...diff, ...range, '--', ...named(paths)], maxBytes);
  const parts = text.split(/^(?=diff --git )/m).filter((part) => part !== '');
  return (complete ? parts : parts.slice(0, -1)).map((part) => part.trimEnd());
}

function named(paths: readonly string[]): string[] {
  return paths.map((path) => `:(top,literal)${path}`);
}

/** All of them, or these. */
async function changedFiles(place: Place, range: Range, paths: readonly string[] = []): Promise<ChangedFile[]> {
  const said = await git(place, [...diff, '--numstat', '-z', ...range, '--', ...named(paths)]);
  return said
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [added = '', removed = '', ...rest] = entry.split('\t');
      const path = rest.join('\t');
      const shownPath = JSON.stringify(path);
      if (added === '-') return { path, line: `${shownPath} (binary)`, size: null };
      return { path, line: `${shownPath} +${added} -${removed}`, size: Number(added) + Number(removed) };
    });
}

function fileList(files: readonly ChangedFile[], maxBytes: number): string {
  const lines: string[] = [];
  let left = maxBytes - 100;
  for (const file of files) {
    left -= Buffer.byteLength(file.line) + 1;
    if (left < 0) return [...lines, `… and ${files.length - lines.length} more files`].join('\n');
    lines.push(file.line);
  }
  return lines.join('\n');
}
