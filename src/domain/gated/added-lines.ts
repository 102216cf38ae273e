/** Path → numbers of the lines that a diff adds to it, from 1, as the file is afterwards. */
export type AddedLines = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * The added lines of a unified diff as git writes it. Lines of a hunk are counted, so that an added line that looks
 * like a header is none.
 */
export function addedLines(diff: string): AddedLines {
  const files = new Map<string, Set<number>>();
  let added: Set<number> | null = null;
  let hunk = { old: 0, new: 0, at: 0 };
  for (const line of diff.split('\n')) {
    if (hunk.old > 0 || hunk.new > 0) {
      hunk = within(hunk, line, added);
      continue;
    }
    if (line.startsWith('+++ ')) {
      const path = newPath(line.slice('+++ '.length));
      added = path === null ? null : (files.get(path) ?? new Set());
      if (path !== null && added) files.set(path, added);
      continue;
    }
    const header = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (header) hunk = { old: Number(header[1] ?? 1), at: Number(header[2]), new: Number(header[3] ?? 1) };
  }
  return files;
}

interface Hunk {
  /** Lines of each side that are still to come. */
  readonly old: number;
  readonly new: number;
  /** Number of the next line of the new side. */
  readonly at: number;
}

function within(hunk: Hunk, line: string, added: Set<number> | null): Hunk {
  switch (line[0]) {
    case '+':
      added?.add(hunk.at);
      return { ...hunk, new: hunk.new - 1, at: hunk.at + 1 };
    case '-':
      return { ...hunk, old: hunk.old - 1 };
    case '\\':
      return hunk;
    default:
      return { old: hunk.old - 1, new: hunk.new - 1, at: hunk.at + 1 };
  }
}

/** Git ends a path with a tab where it has a space, and quotes one with other marks. Null: the file is gone. */
function newPath(text: string): string | null {
  const written = text.replace(/\r$/, '').replace(/\t.*$/, '');
  const path = written.startsWith('"') ? unquoted(written.slice(1, -1)) : written;
  return path === '/dev/null' ? null : path.replace(/^b\//, '');
}

const escapes: Readonly<Record<string, string>> = { a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Of a quoted path: octal bytes are UTF-8. */
function unquoted(text: string): string {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const [, octal, letter, plain] of text.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...encoder.encode(letter === undefined ? plain : (escapes[letter] ?? letter)));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
