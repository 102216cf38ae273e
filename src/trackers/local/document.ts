import { type Document, isMap, parseDocument } from 'yaml';

/** An issue or a pull request as people write it: front matter, body, comments. */
export interface LocalDocument {
  /** Kept as it was read, with the keys and remarks that are not ours. */
  readonly matter: Document;
  readonly body: string;
  readonly comments: readonly LocalComment[];
}

export interface LocalComment {
  readonly author: string;
  /** ISO 8601, or null where a person left it out. */
  readonly at: string | null;
  readonly body: string;
}

const commentLine = /^<!-- locus:comment(?: (.*))? -->$/;
// A line of a text that looks like the delimiter gets a backslash more when written, and one less when read.
const escapable = /^<!-- (\\*locus:comment)(?= )/;
const escaped = /^<!-- \\(\\*locus:comment)(?= )/;

/** Reads what people write by hand: line ends of all kinds, no front matter at all. Throws an Error with a reason. */
export function parseLocalDocument(text: string): LocalDocument {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  const close = lines[0]?.trimEnd() === '---' ? lines.findIndex((line, i) => i > 0 && line.trimEnd() === '---') : 0;
  if (close < 0) throw new Error('its front matter has no closing line of three dashes');
  const matter = parseDocument(lines.slice(1, Math.max(close, 1)).join('\n'));
  const [problem] = matter.errors;
  if (problem) throw new Error(problem.message.split('\n')[0]?.replace(/:$/, ''));
  if (matter.contents !== null && !isMap(matter.contents)) throw new Error('its front matter is not a list of keys');

  const rest = lines.slice(close === 0 ? 0 : close + 1);
  const starts = rest.flatMap((line, index) => (commentLine.test(line) ? [index] : []));
  const comments = starts.map((start, i) => ({
    ...signatureOf(rest[start] ?? ''),
    body: unescapeLines(rest.slice(start + 1, starts[i + 1])),
  }));
  return { matter, body: unescapeLines(rest.slice(0, starts[0])), comments };
}

export function formatLocalDocument({ matter, body, comments }: LocalDocument): string {
  const parts = [`---\n${matter.toString({ lineWidth: 0 })}---`, escapeLines(body)];
  for (const { author, at, body } of comments) {
    const signature = JSON.stringify({ author, ...(at === null ? {} : { at }) }).replaceAll('>', '\\u003e');
    parts.push(`<!-- locus:comment ${signature} -->\n${escapeLines(body)}`);
  }
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function signatureOf(line: string): { author: string; at: string | null } {
  const [, json = ''] = commentLine.exec(line) ?? [];
  try {
    const { author, at } = JSON.parse(json) as { author?: unknown; at?: unknown };
    return { author: typeof author === 'string' ? author : 'unknown', at: typeof at === 'string' ? at : null };
  } catch {
    return { author: 'unknown', at: null };
  }
}

function escapeLines(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  return trimBlankLines(lines.map((line) => line.replace(escapable, '<!-- \\$1')).join('\n'));
}

function unescapeLines(lines: readonly string[]): string {
  return trimBlankLines(lines.map((line) => line.replace(escaped, '<!-- $1')).join('\n'));
}

function trimBlankLines(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
}
