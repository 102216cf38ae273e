/** A Markdown text, its fenced code apart. */
export interface MarkdownText {
  readonly lines: readonly string[];
  /** As many lines; those of fenced code and its fences are empty. */
  readonly outside: readonly string[];
  readonly blocks: readonly FencedBlock[];
}

export interface FencedBlock {
  /** The first word behind its opening fence. */
  readonly tag: string;
  readonly text: string;
  /** False for one that lasts to the end because nothing closes it. */
  readonly closed: boolean;
}

/** A heading of a Markdown document, outside of fenced code. */
export interface Heading {
  /** 1 to 6. */
  readonly level: number;
  readonly text: string;
  /** Its first line as it is written. */
  readonly line: string;
  /** Index of that line, from 0. */
  readonly at: number;
}

/** Takes every kind of line end. A fence is closed by one of the same mark that is as long and has nothing behind it. */
export function readMarkdown(text: string): MarkdownText {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n?|\n/);
  const outside: string[] = [];
  const blocks: FencedBlock[] = [];
  let open: { readonly mark: string; readonly tag: string; readonly inner: string[] } | null = null;
  const end = (closed: boolean) => {
    if (open) blocks.push({ tag: open.tag, text: open.inner.join('\n'), closed });
    open = null;
  };
  for (const line of lines) {
    const { mark, rest } = marksOf(line);
    // With a backtick after its marks it is code within a line.
    const opens = open === null && mark !== '' && !(mark.startsWith('`') && rest.includes('`'));
    outside.push(open === null && !opens ? line : '');
    if (opens) open = { mark, tag: rest.split(/\s/)[0] ?? '', inner: [] };
    else if (open !== null && mark.startsWith(open.mark) && rest === '') end(true);
    else open?.inner.push(line);
  }
  end(false);
  return { lines, outside, blocks };
}

/** Those that begin with `#`. */
export function headingsOf({ lines, outside }: MarkdownText): Heading[] {
  return outside.flatMap((text, at) => {
    const found = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(text);
    if (!found) return [];
    return [{ level: found[1]?.length ?? 0, text: (found[2] ?? '').trim(), line: lines[at] ?? '', at }];
  });
}

/** And those that a line of `=` or `-` underlines. */
export function allHeadingsOf(markdown: MarkdownText): Heading[] {
  const { lines, outside } = markdown;
  const isRule = (text: string) => /^---[ \t]*$/.test(text);
  // What a document says of itself before it begins is no heading of it.
  const front = isRule(outside[0] ?? '') ? outside.findIndex((text, index) => index > 0 && isRule(text)) : -1;
  const underlined = outside.flatMap((text, end) => {
    const mark = /^ {0,3}(=|-)\1*[ \t]*$/.exec(text)?.[1];
    const at = mark === undefined || end <= front ? null : paragraphBefore(outside, end);
    if (at === null) return [];
    const words = outside.slice(at, end).map((line) => line.trim());
    return [{ level: mark === '=' ? 1 : 2, text: words.join(' '), line: lines[at] ?? '', at }];
  });
  return [...headingsOf(markdown), ...underlined].sort((a, b) => a.at - b.at);
}

/** Index of the first line of the paragraph that ends above `end`; null: there is none, or a list or a quote has it. */
function paragraphBefore(outside: readonly string[], end: number): number | null {
  let at = end;
  while (at > 0 && isPlain(outside[at - 1] ?? '')) at -= 1;
  return at === end || /^ *(?:>|(?:[-*+]|\d{1,9}[.)])[ \t])/.test(outside[at - 1] ?? '') ? null : at;
}

/** Neither empty nor the beginning of something else. */
function isPlain(line: string): boolean {
  return (
    line.trim() !== '' && !/^ {0,3}(?:#{1,6}(?:[ \t]|$)|>|(?:[-*+]|\d{1,9}[.)])[ \t]|=+[ \t]*$|-+[ \t]*$)/.test(line)
  );
}

/** The lines from one heading to the next that is no deeper, the heading's own included. */
export function sectionAt({ lines }: MarkdownText, headings: readonly Heading[], heading: Heading): string {
  const next = headings.find(({ at, level }) => at > heading.at && level <= heading.level);
  return lines.slice(heading.at, next?.at).join('\n').trimEnd();
}

function marksOf(line: string): { mark: string; rest: string } {
  const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
  return { mark, rest: mark === '' ? '' : line.slice(line.indexOf(mark) + mark.length).trim() };
}
