import { readFile } from 'node:fs/promises';
import { LocusFailure } from '../domain/failures.ts';
import { checkDanger, checkInjection, checkPii } from '../domain/gated/check-command.ts';
import { checkVerdict } from '../domain/gated/check-verdict.ts';
import type { CommandAnswer } from '../domain/gated/command-answer.ts';

export interface CheckOptions {
  readonly gate?: string;
  readonly required?: boolean;
  readonly threshold?: string;
  readonly anonymize?: boolean;
  readonly bug?: boolean;
  readonly level?: string;
  readonly mode?: string;
  readonly allowHigh?: boolean;
}

/** `locus check verdict FILE`: 0 consistent, 1 inconsistent, 2 no verdict. */
export async function verdict(file: string, { gate, required = false }: CheckOptions): Promise<number> {
  if (gate !== undefined && gate !== 'review' && gate !== 'audit') {
    throw new LocusFailure('UsageInvalid', `--gate is review or audit, not ${JSON.stringify(gate)}`);
  }
  return print(checkVerdict(await textOf(file), file, { gate: gate ?? null, required }));
}

/** `locus check injection`, `pii` and `danger`: of a file, or of what is piped in. */
export async function guardrail(
  what: 'injection' | 'pii' | 'danger',
  given: string | undefined,
  options: CheckOptions,
): Promise<number> {
  if (what === 'danger') return print(checkDanger(given === undefined ? options : { ...options, role: given }));
  const text = await textOf(given ?? '-');
  return print(what === 'injection' ? checkInjection(text, options) : checkPii(text, options));
}

export function print({ exitCode, stdout, stderr }: CommandAnswer): number {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return exitCode;
}

/** Larger is refused by the checks themselves, and would only fill the memory. */
const mostBytes = 64 * 1024 * 1024;

async function textOf(file: string): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8');
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of process.stdin) {
      size += chunk.length;
      if (size > mostBytes) throw new Error('it is too large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    const name = file === '-' ? 'what is piped in' : file;
    const why = error instanceof Error ? error.message : String(error);
    throw new LocusFailure('UsageInvalid', `${name} cannot be read: ${why}`, {}, error);
  }
}
