import { fileURLToPath } from 'node:url';
import { figuresIn, putFigures, seenOn } from '../test/support/figures.ts';
import { type Section, tableOf } from './row.ts';

const page = fileURLToPath(new URL('./RESULTS.md', import.meta.url));
const command = 'npm run bench';

/** Puts the figures of these cases into RESULTS.md, in the order of `titles`; those of the others stay what they were. */
export function writePage(sections: readonly Section[], titles: readonly string[], rounds: number): void {
  const before = figuresIn(page, command)
    .split(/^(?=### )/m)
    .map((text) => [/^### (.*)/.exec(text)?.[1] ?? '', text.trimEnd()] as const);
  const now = sections.map((section) => [section.title, textOf(section, rounds)] as const);
  const texts = new Map([...before, ...now]);
  putFigures(page, command, `${titles.flatMap((title) => texts.get(title) ?? []).join('\n\n')}\n`);
}

function textOf({ title, rows, more = [] }: Section, rounds: number): string {
  return [`### ${title}`, tableOf(rows), `${seenOn()}; medians of ${rounds}, or more.`, ...more].join('\n\n');
}
