import type { LimitReport, PermitAnswer, PermitRequest } from '../domain/permits.ts';
import type { RunContext } from '../domain/run.ts';
import type { Provider } from '../domain/settings.ts';
import type { IssueReader } from './read-ahead.ts';

export interface RunSecrets {
  /** The tracker's token; null for a tracker that needs none. */
  readonly token: string | null;
  /** Variables the agent's environment is chosen from: those of the CLI that started the run, else the worker's own. */
  readonly env: Readonly<Record<string, string>>;
}

/** What activities ask the gate of a provider's account. */
export interface GateAccess {
  reserve(request: PermitRequest & { provider: Provider }): Promise<PermitAnswer>;
  giveBack(request: { provider: Provider; attemptId: string }): Promise<void>;
  reportLimit(request: LimitReport & { provider: Provider }): Promise<{ until: number }>;
}

/** The slots of this host: each is held by a workflow from its claim until it leaves. */
export interface SlotAccess {
  take(workflowId: string): Promise<void>;
  free(workflowId: string): Promise<void>;
  /** Another one each time a workflow takes a slot here; null where that is not known. */
  claimOf(workflowId: string): string | null;
}

/** What a worker gives its activities; everything that differs between a real one and a test. */
export interface Dependencies {
  readonly stateDir: string;
  readonly hostId: string;
  readonly gate: GateAccess;
  readonly slots: SlotAccess;
  readonly issues: IssueReader;
  secrets(run: RunContext): Promise<RunSecrets>;
  /** Whether a run with that id goes on. */
  isRunOpen(runId: string): Promise<boolean>;
  /** Whether a workflow that was at work on this host still is: it goes on, and on no other host. */
  isHere(workflowId: string): Promise<boolean>;
  /** Whether the worker hears its server; one that has not for a minute lets go of its agents. */
  hearsServer(): boolean;
}
