import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

const end = '<!-- end of figures -->';

/** Puts what `command` has measured into a page, between its marks; what people wrote around them stays. */
export function putFigures(page: string, command: string, figures: string): void {
  const [before, , after] = partsOf(page, command);
  writeFileSync(page, `${before}\n\n${figures}\n${after}`);
}

/** What was put there before. */
export function figuresIn(page: string, command: string): string {
  return partsOf(page, command)[1].trim();
}

function partsOf(page: string, command: string): [string, string, string] {
  const begin = `<!-- figures: written by \`${command}\` -->`;
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`${page} has no place for the figures`);
  return [text.slice(0, from), text.slice(from, to), text.slice(to)];
}

/** Where and when a figure was seen. */
export function seenOn(): string {
  const [cpu] = cpus();
  const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${machine}`;
}
