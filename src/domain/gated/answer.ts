import { readMarkdown } from './markdown.ts';

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
  const { lines, outside, blocks } = readMarkdown(text);
  return {
    firstLine: lines.find((line) => line.trim() !== '')?.trim() ?? '',
    headings: headingsIn(outside),
    blocks: blocks.filter(({ tag }) => tag === findingsTag).map((block) => (block.closed ? block.text : null)),
    verdictLines: lines.filter((line) => /^\s*<!--\s*LOCUS-VERDICT\b/.test(line)),
    lastLine: lines.findLast((line) => line.trim() !== '') ?? '',
  };
}

/** Of both forms that Markdown knows. */
function headingsIn(lines: readonly string[]): string[] {
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
