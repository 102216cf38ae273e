import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The version in our package.json. */
export function locusVersion(): string {
  const file = fileURLToPath(new URL('../../package.json', import.meta.url));
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}

/** What tells two builds of one version apart; empty while a build goes on. */
export function buildStamp(): string {
  try {
    return readFileSync(builtFile('.stamp'), 'utf8').slice(0, 16);
  } catch {
    return '';
  }
}

/** Whether version `a` comes after `b`; compares numbers, ignores what follows them. */
export function isNewer(a: string, b: string): boolean {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let place = 0; place < 3; place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** The absolute path of a built file: the same from src/ (tests) and from dist/. */
export function builtFile(name: string): string {
  return fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
}

function numbersOf(version: string): number[] {
  return (version.split('-')[0] ?? '').split('.').map(Number);
}
