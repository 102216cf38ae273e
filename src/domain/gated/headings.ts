/** A heading of a Markdown document, outside of fenced code. */
export interface Heading {
  /** 1 to 6. */
  readonly level: number;
  readonly text: string;
  /** The line as it is written. */
  readonly line: string;
  /** Index of its line, from 0. */
  readonly at: number;
}

export function linesOf(text: string): string[] {
  return text.split(/\r\n?|\n/);
}

/** The headings that begin with `#`, in order. A fence that nothing closes lasts to the end, as everywhere in Markdown. */
export function headingsOf(lines: readonly string[]): Heading[] {
  const headings: Heading[] = [];
  for (const { line, at, place } of placed(lines)) {
    const heading = place === 'text' ? /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(line) : null;
    if (heading) headings.push({ level: heading[1]?.length ?? 0, text: (heading[2] ?? '').trim(), line, at });
  }
  return headings;
}

/** What stands in the fenced blocks of a text, in order. */
export function fencedBlocks(text: string): string[] {
  const blocks: string[][] = [];
  for (const { line, place } of placed(linesOf(text))) {
    if (place === 'opening') blocks.push([]);
    if (place === 'code') blocks.at(-1)?.push(line);
  }
  return blocks.map((lines) => lines.join('\n'));
}

/** The lines from one heading to the next that is no deeper, the heading's own included. */
export function sectionAt(lines: readonly string[], headings: readonly Heading[], heading: Heading): string {
  const next = headings.find(({ at, level }) => at > heading.at && level <= heading.level);
  return lines.slice(heading.at, next?.at).join('\n').trimEnd();
}

function* placed(lines: readonly string[]) {
  let fence: string | null = null;
  for (const [at, line] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line);
    if (fence === null) {
      fence = mark?.[1] ?? null;
      yield { line, at, place: fence === null ? ('text' as const) : ('opening' as const) };
    } else if (mark && closes(fence, mark)) {
      fence = null;
      yield { line, at, place: 'closing' as const };
    } else {
      yield { line, at, place: 'code' as const };
    }
  }
}

function closes(fence: string, [, mark = '', rest = '']: RegExpExecArray): boolean {
  return mark.startsWith(fence) && rest.trim() === '';
}
