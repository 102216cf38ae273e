import type { Repository } from '../domain/workspace.ts';
import { git, type Place, streamGit } from './run.ts';

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
  const from = await git(place, ['merge-base', base, tip]);
  const whole = await readUpTo(place, [...diff, from, tip], limits.maxBytes);
  if (whole.complete) return whole.text.trimEnd();
  return shortened(place, { from, tip }, limits.maxBytes);
}

interface ChangedFile {
  readonly path: string;
  readonly line: string;
  /** Added and removed lines; null for a binary file. */
  readonly size: number | null;
}

interface Range {
  readonly from: string;
  readonly tip: string;
}

// No program that an attribute or a setting names takes part.
const diff = ['diff', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames', '--ignore-submodules=dirty'];

async function shortened(place: Place, range: Range, maxBytes: number): Promise<string> {
  const files = await changedFiles(place, range);
  const list = fileList(files, Math.floor(maxBytes * maxFileListShare));
  // Room for the sentence that says what was cut.
  let left = maxBytes - Buffer.byteLength(list) - 200;
  const shown: string[] = [];
  const texts = files.filter((file) => file.size !== null).sort((a, b) => (a.size ?? 0) - (b.size ?? 0));
  for (const file of texts) {
    // A changed line is a byte at least: what cannot fit is not even read.
    if ((file.size ?? 0) > left) break;
    const part = await readUpTo(place, [...diff, range.from, range.tip, '--', `:(top,literal)${file.path}`], left);
    if (!part.complete) break;
    shown.push(part.text.trimEnd());
    left -= Buffer.byteLength(part.text) + 1;
  }
  const cut = files.length - shown.length;
  const said = `(The diff is larger than ${maxBytes} bytes: ${cut} of ${files.length} files are listed without their diff.)`;
  return Buffer.from([list, said, ...shown].join('\n\n'))
    .subarray(0, maxBytes)
    .toString();
}

async function changedFiles(place: Place, range: Range): Promise<ChangedFile[]> {
  const said = await git(place, [...diff, '--numstat', '-z', range.from, range.tip]);
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

async function readUpTo(
  place: Place,
  args: readonly string[],
  maxBytes: number,
): Promise<{ text: string; complete: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  await streamGit(place, args, (chunk) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
    return size <= maxBytes;
  });
  return { text: Buffer.concat(chunks).toString('utf8'), complete: size <= maxBytes };
}
