import { head } from './text.ts';

/** A diff up to this length goes into a prompt as it is, in characters. */
const longestDiff = 60_000;
const mostFiles = 400;

interface FilePart {
  readonly index: number;
  readonly path: string;
  readonly text: string;
}

/**
 * What the sprint has changed so far, small enough for a prompt: a short diff whole, a long one with the list of its
 * files first and its largest parts cut, each cut named.
 */
export function boundedDiff(diff: string): string {
  if (diff.length <= longestDiff) return diff;
  const parts = fileParts(diff);
  const list = fileList(parts);
  const lengths = fairShares(parts, longestDiff - list.length);
  const texts = parts.map((part) => shortened(part, lengths.get(part.index) ?? 0)).filter((text) => text !== '');
  return `${list}\n\n${texts.join('\n')}`;
}

function fileParts(diff: string): FilePart[] {
  return diff
    .split(/^(?=diff --git )/m)
    .filter((text) => text !== '')
    .map((text, index) => ({ index, path: pathOf(text), text: text.trimEnd() }));
}

/** git quotes a path with odd characters in it; the quotes are kept. */
function pathOf(part: string): string {
  return /^\+\+\+ (?:"?b\/)(.*?)"?$/m.exec(part)?.[1] ?? /^diff --git (.*)$/m.exec(part)?.[1] ?? '(unnamed)';
}

function fileList(parts: readonly FilePart[]): string {
  const lines = parts.slice(0, mostFiles).map((part) => `- ${part.path} (${part.text.length} characters)`);
  if (parts.length > mostFiles) lines.push(`- and ${parts.length - mostFiles} more files`);
  const total = parts.reduce((sum, part) => sum + part.text.length, 0);
  return `The diff is too long to be shown whole (${total} characters). Its files:\n${head(lines.join('\n'), longestDiff / 2)}`;
}

/** Gives the small parts all they need, and the large ones equal shares of what is left. */
function fairShares(parts: readonly FilePart[], room: number): Map<number, number> {
  const shares = new Map<number, number>();
  const ascending = [...parts].sort((a, b) => a.text.length - b.text.length);
  let rest = room;
  for (const [position, part] of ascending.entries()) {
    const share = Math.min(part.text.length, Math.floor(rest / (ascending.length - position)));
    shares.set(part.index, share);
    rest -= share;
  }
  return shares;
}

/** The first whole lines of the part that fit, and a note of how much is missing; nothing where not even the note fits. */
function shortened({ path, text }: FilePart, length: number): string {
  if (text.length <= length) return text;
  const room = length - path.length - 80;
  if (room <= 0) return '';
  const kept = text.slice(0, Math.max(0, text.lastIndexOf('\n', room)));
  return `${kept}\n[cut: ${text.length - kept.length} of ${text.length} characters of ${path} are not shown]`;
}
