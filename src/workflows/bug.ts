import type { RunInput, RunState } from '../domain/run.ts';
import { throughGates } from './gated.ts';

/** A bug is triaged, with what people answer, and let go on by the risk gate; then its micro-sprint goes through the gates. */
export function bugRun(input: RunInput): Promise<RunState> {
  return throughGates(input);
}
