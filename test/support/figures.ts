import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

const end = '<!-- end of figures -->';

/** Puts what `command` has measured into a page, between its marks; what people wrote around them stays. */
export function putFigures(page: string, command: string, figures: string): void {
  const begin = `<!-- figures: written by \`${command}\` -->`;
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${page} has no place for the figures`);
  writeFileSync(page, `${text.slice(0, before)}${begin}\n\n${figures}\n${text.slice(after)}`);
}

/** Where and when a figure was seen. */
export function seenOn(): string {
  const [cpu] = cpus();
  const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${machine}`;
}
