import { createInterface } from 'node:readline/promises';

/** Puts a question and answers with what was typed, or with `suggestion` where that is nothing. */
export type Ask = (question: string, suggestion?: string) => Promise<string>;

/** A way to ask the person at the terminal; null where there is none, in scripts and in CI. */
export function terminalAsk(): Ask | null {
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.CI) return null;
  return async (question, suggestion) => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      const shown = suggestion === undefined ? question : `${question} [${suggestion}]`;
      const answer = await terminal.question(`${shown}: `);
      return answer.trim() || (suggestion ?? '');
    } finally {
      terminal.close();
    }
  };
}
