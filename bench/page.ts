import { fileURLToPath } from 'node:url';
import { putFigures, seenOn } from '../test/support/figures.ts';
import { type Section, tableOf } from './row.ts';

const page = fileURLToPath(new URL('./RESULTS.md', import.meta.url));

/** Puts the figures of a whole run into RESULTS.md. */
export function writePage(sections: readonly Section[], rounds: number): void {
  const parts = sections.flatMap(({ title, rows, more = [] }) => [`### ${title}`, tableOf(rows), ...more]);
  putFigures(page, 'npm run bench', `${[`${seenOn()}; medians of ${rounds}.`, ...parts].join('\n\n')}\n`);
}
