/** What a gate's answer is made of, before anyone believes it. */
export interface Answer {
  /** The first line that is not empty. */
  readonly firstLine: string;
  /** Texts of its headings of level 2; what stands in fenced code is none. */
  readonly headings: readonly string[];
  /** Contents of its blocks that are tagged `locus-findings`; null for one that nothing closes. */
  readonly blocks: readonly (string | null)[];
  /** Its verdict lines, whole; well-formed or not. */
  readonly verdictLines: readonly string[];
  readonly lastLine: string;
}

const findingsTag = 'locus-findings';

/** Takes every kind of line end, and any prose around what is looked for. */
export function readAnswer(text: string): Answer {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  const { outside, blocks } = apart(lines);
  return {
    firstLine: lines.find((line) => line.trim() !== '')?.trim() ?? '',
    headings: headingsOf(outside),
    blocks,
    verdictLines: lines.filter((line) => /^\s*<!--\s*LOCUS-VERDICT\b/.test(line)),
    lastLine: lines.findLast((line) => line.trim() !== '') ?? '',
  };
}

interface Fence {
  readonly mark: string;
  readonly tag: string;
  readonly lines: string[];
}

/** What stands outside fenced code, a line for each line, and the blocks of findings. */
function apart(lines: readonly string[]): { outside: string[]; blocks: (string | null)[] } {
  const outside: string[] = [];
  const blocks: (string | null)[] = [];
  let open: Fence | null = null;
  for (const line of lines) {
    outside.push(open === null && fenceOf(line) === null ? line : '');
    if (open === null) open = fenceOf(line);
    else if (!closes(line, open)) open.lines.push(line);
    else {
      if (open.tag === findingsTag) blocks.push(open.lines.join('\n'));
      open = null;
    }
  }
  if (open?.tag === findingsTag) blocks.push(null);
  return { outside, blocks };
}

function fenceOf(line: string): Fence | null {
  const [, mark = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  // With a backtick after its marks it is code within a line.
  if (mark === '' || (mark.startsWith('`') && rest.includes('`'))) return null;
  return { mark, tag: rest.trim().split(/\s/)[0] ?? '', lines: [] };
}

function closes(line: string, { mark }: Fence): boolean {
  const trimmed = line.trim();
  return /^ {0,3}\S/.test(line) && trimmed.length >= mark.length && trimmed === mark.charAt(0).repeat(trimmed.length);
}

function headingsOf(lines: readonly string[]): string[] {
  return lines.flatMap((line, index) => {
    const marked = /^ {0,3}##(?!#)(?:[ \t]+(.*))?$/.exec(line);
    if (marked) return [plain(marked[1] ?? '')];
    const isUnderline = /^ {0,3}-+[ \t]*$/.test(line);
    const above = lines[index - 1] ?? '';
    return isUnderline && above.trim() !== '' ? [plain(above)] : [];
  });
}

/** Without the marks of emphasis and code that a heading may begin with. */
function plain(heading: string): string {
  return heading.replace(/^[\s*_`]+/, '').trimEnd();
}
