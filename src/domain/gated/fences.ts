/** A Markdown text, its fenced code apart. */
export interface FencedText {
  /** Lines that stand in no fenced code, the fences' own left out. */
  readonly outside: readonly string[];
  /** Fenced blocks that are closed, in order. */
  readonly blocks: readonly { readonly tag: string; readonly text: string }[];
}

/** A fence is closed by one of the same mark that is as long and has nothing behind it; without one, all is code to the end. */
export function readFences(text: string): FencedText {
  const outside: string[] = [];
  const blocks: { tag: string; text: string }[] = [];
  let open: { readonly mark: string; readonly tag: string; readonly lines: string[] } | null = null;
  for (const line of text.split(/\r\n?|\n/)) {
    const { mark, rest } = marksOf(line);
    if (open === null) {
      // With a backtick after its marks it is code within a line.
      const opens = mark !== '' && !(mark.startsWith('`') && rest.includes('`'));
      if (opens) open = { mark, tag: rest, lines: [] };
      else outside.push(line);
    } else if (mark.startsWith(open.mark) && rest === '') {
      blocks.push({ tag: open.tag, text: open.lines.join('\n') });
      open = null;
    } else {
      open.lines.push(line);
    }
  }
  return { outside, blocks };
}

function marksOf(line: string): { mark: string; rest: string } {
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
  return { mark, rest: mark === '' ? '' : line.slice(line.indexOf(mark) + mark.length).trim() };
}
