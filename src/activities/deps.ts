import type { RunContext } from '../domain/run.ts';
import type { Provider } from '../domain/settings.ts';

export interface RunSecrets {
  /** The tracker's token; null for a tracker that needs none. */
  readonly token: string | null;
  /** Variables the agent's environment is chosen from: those of the CLI that started the run, else the worker's own. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a worker gives its activities; everything that differs between a real one and a test. */
export interface Dependencies {
  readonly stateDir: string;
  readonly hostId: string;
  secrets(run: RunContext): Promise<RunSecrets>;
  /** Asks the account's gate; answers when the agent may start, in epoch milliseconds. */
  reservePermit(request: { provider: Provider; attemptId: string; limit: number }): Promise<{ at: number }>;
  /** Whether a run with that id goes on. */
  isRunOpen(runId: string): Promise<boolean>;
  returnPermit(request: { provider: Provider; attemptId: string }): Promise<void>;
}
