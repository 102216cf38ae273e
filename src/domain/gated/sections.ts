import { redact } from '../redact.ts';
import { cut, head, inert, longestBody, oneLine } from '../text.ts';

/** A part of a pull request's body. Only `lines` may be left out where the body would be too long. */
export interface Section {
  /** With its `#`s; an empty string: none. */
  readonly heading: string;
  /** Between the heading and the lines: a table's head, the opening of a fence. */
  readonly before?: readonly string[];
  readonly lines: readonly string[];
  /** What closes what `before` opened. */
  readonly after?: readonly string[];
}

const longestCell = 200;
const longestText = 2000;

/**
 * The body of these sections. Where it would be longer than GitHub takes, the longest lists lose their last lines and
 * say so, so that no table or fence is broken and what stands at the end is still there.
 */
export function bodyOf(sections: readonly Section[], limit = longestBody): string {
  const kept = sections.map(({ lines }) => lines.length);
  let body = assembled(sections, kept);
  while (body.length > limit) {
    const sizes = sections.map(({ lines }, index) => lines.slice(0, kept[index]).join('\n').length);
    const largest = sizes.indexOf(Math.max(...sizes));
    if ((kept[largest] ?? 0) === 0) return head(body, limit);
    kept[largest] = Math.floor((kept[largest] ?? 0) / 2);
    body = assembled(sections, kept);
  }
  return body;
}

/** Rows of a table: the first is its head. Cells are made with `cell` or `code`. */
export function table(heading: string, head: readonly string[], rows: readonly (readonly string[])[]): Section {
  return { heading, before: [row(head), row(head.map(() => '---'))], lines: rows.map(row) };
}

/** Text from outside for a table's cell or a list's line; `-` where there is nothing. */
export function cell(text: string | number | null | undefined, secrets: readonly string[] = []): string {
  if (text === null || text === undefined || text === '') return '-';
  const line = oneLine(redact(cut(String(text), 4 * longestText), secrets));
  const safe = inert(cut(line, longestCell)).replace(/[\\|]/g, (mark) => `\\${mark}`);
  return safe === '' ? '-' : safe;
}

/** The same as code: a command, a path, a branch. */
export function code(text: string, secrets: readonly string[] = []): string {
  const line = cut(oneLine(redact(cut(text, 4 * longestText), secrets)), longestCell);
  // Where a pipe follows a backslash, readers of tables disagree on what is escaped.
  if (line === '' || line.includes('\\|')) return cell(text, secrets);
  const longest = (line.match(/`+/g) ?? []).reduce((length, run) => Math.max(length, run.length), 0);
  const fence = '`'.repeat(longest + 1);
  const room = longest > 0 ? ' ' : '';
  return `${fence}${room}${line.replaceAll('|', '\\|')}${room}${fence}`;
}

/** A sentence or more from outside, on one line: a reason, an error. */
export function sentence(text: string, secrets: readonly string[] = []): string {
  return inert(cut(oneLine(redact(cut(text, 4 * longestText), secrets)), longestText)) || '-';
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function assembled(sections: readonly Section[], kept: readonly number[]): string {
  return sections
    .map((section, index) => shown(section, kept[index] ?? 0))
    .filter((text) => text !== '')
    .join('\n\n');
}

function shown({ heading, before = [], lines, after = [] }: Section, kept: number): string {
  const missing = lines.length - kept;
  const more = missing === 0 ? [] : [`… and ${missing} more: the tracker takes no longer text`];
  const text = [...before, ...lines.slice(0, kept), ...more, ...after].join('\n');
  return [heading, text].filter((part) => part !== '').join('\n\n');
}
