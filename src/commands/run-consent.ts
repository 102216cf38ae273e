import { createInterface } from 'node:readline/promises';
import type { SandboxMode } from '../domain/settings.ts';

/** Says what running without a sandbox gives up; asks where there is somebody to answer. */
export async function confirmNoSandbox(mode: SandboxMode, options: { readonly ask: boolean }): Promise<boolean> {
  if (mode !== 'off') return true;
  console.error(
    'warning: without a sandbox the agent can read and change everything that you can, your keys and other projects included',
  );
  if (!options.ask || !process.stdin.isTTY || !process.stdout.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Run without a sandbox? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}
