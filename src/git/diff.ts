import type { Repository } from '../domain/workspace.ts';
import { git, gitUpTo, type Place } from './run.ts';

export interface DiffLimits {
  /** Bytes of the whole answer. */
  readonly maxBytes: number;
}

const defaultMaxBytes = 60_000;
const maxFileListShare = 0.5;

/**
 * The change from `base` to `tip` for a prompt: whole where it fits, else the list of files and then the diffs of the
 * smallest ones, with what was left out named. Never reads more of a diff than it may show.
 */
export async function soFar(
  repository: Repository,
  base: string,
  tip: string,
  limits: DiffLimits = { maxBytes: defaultMaxBytes },
): Promise<string> {
  const place = { commonDir: repository.commonDir };
  // With three dots: from where the two have parted.
  const range = `${base}...${tip}`;
  const whole = await gitUpTo(place, [...diff, range], limits.maxBytes);
  if (whole.complete) return whole.text.trimEnd();
  return shortened(place, range, limits.maxBytes);
}

interface ChangedFile {
  readonly path: string;
  readonly line: string;
  /** Added and removed lines; null for a binary file. */
  readonly size: number | null;
}

// No program that an attribute or a setting names takes part.
const diff = ['diff', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--ignore-submodules=dirty'];

async function shortened(place: Place, range: string, maxBytes: number): Promise<string> {
  const files = await changedFiles(place, range);
  const list = fileList(files, Math.floor(maxBytes * maxFileListShare));
  // Room for the sentence that says what was cut.
  const left = maxBytes - Buffer.byteLength(list) - 200;
  const shown = await diffsOf(place, range, smallest(files, left), left);
  const cut = files.length - shown.length;
  const said = `(The diff is larger than ${maxBytes} bytes: ${cut} of ${files.length} files are listed without their diff.)`;
  return Buffer.from([list, said, ...shown].join('\n\n'))
    .subarray(0, maxBytes)
    .toString();
}

/** What a diff of a file takes beside its changed lines, and a usual line; in bytes. */
const fileOverhead = 150;
const usualLine = 40;

/** Paths of the smallest text files whose diffs should fit into so many bytes; one at least, where one could. */
function smallest(files: readonly ChangedFile[], maxBytes: number): string[] {
  const texts = files.filter((file) => file.size !== null && file.size < maxBytes);
  texts.sort((a, b) => (a.size ?? 0) - (b.size ?? 0));
  let left = maxBytes;
  return texts
    .filter((file, index) => {
      left -= fileOverhead + (file.size ?? 0) * usualLine;
      return left > 0 || index === 0;
    })
    .map((file) => file.path);
}

/** The diffs of these files, one by one, as far as they fit whole. */
async function diffsOf(place: Place, range: string, paths: readonly string[], maxBytes: number): Promise<string[]> {
  if (paths.length === 0) return [];
  const named = paths.map((path) => `:(top,literal)${path}`);
  const { text, complete } = await gitUpTo(place, [...diff, range, '--', ...named], maxBytes);
  const parts = text.split(/^(?=diff --git )/m).filter((part) => part !== '');
  return (complete ? parts : parts.slice(0, -1)).map((part) => part.trimEnd());
}

async function changedFiles(place: Place, range: string): Promise<ChangedFile[]> {
  const said = await git(place, [...diff, '--numstat', '-z', range]);
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
