import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Section, tableOf } from './row.ts';

const page = fileURLToPath(new URL('./RESULTS.md', import.meta.url));
const begin = '<!-- figures: written by `npm run bench` -->';
const end = '<!-- end of figures -->';

/** Puts the figures of a whole run into RESULTS.md; what people wrote around them stays. */
export function writePage(sections: readonly Section[], rounds: number): void {
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${page} has no place for the figures`);
  const [cpu] = cpus();
  const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;
  const when = `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${machine}; medians of ${rounds}.`;
  const figures = [when, ...sections.flatMap(({ title, rows, more = [] }) => [`### ${title}`, tableOf(rows), ...more])];
  writeFileSync(page, `${text.slice(0, before)}${begin}\n\n${figures.join('\n\n')}\n\n${text.slice(after)}`);
}
