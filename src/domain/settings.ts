import type { Prices } from './prices.ts';

export type Provider = 'claude' | 'codex' | 'command';
export type SandboxMode = 'auto' | 'require' | 'off';
export type SandboxKind = 'docker' | 'os' | 'none';

/** The part of the config that a run carries in its input, so that a change of the file does not reach a running run. No secrets. */
export interface RunSettings {
  readonly provider: Provider;
  /** null: the provider's own default. */
  readonly model: string | null;
  readonly sandbox: SandboxMode;
  /** What the command announced: the worker keeps to it, or the task fails. null: the host that works decides. */
  readonly sandboxKind: SandboxKind | null;
  /** Provider → name of its Docker Desktop sandbox. */
  readonly dockerSandboxes: Readonly<Record<string, string>>;
  readonly agent: {
    readonly maxParallel: number;
    readonly autoLabel: boolean;
    readonly autoPR: boolean;
    readonly rebaseBeforeTask: boolean;
    readonly updateWith: 'merge' | 'rebase';
    readonly command: readonly string[] | null;
    readonly env: readonly string[];
    readonly timeoutMinutes: number;
    readonly stallMinutes: number;
    readonly maxAttempts: number;
    readonly orphanMinutes: number;
    /** How long nobody may answer for a host of a fleet before another one goes on. */
    readonly hostLostMinutes: number;
    readonly callsPerHour: number;
    readonly verify: readonly string[] | null;
    /** The most that a task, and a whole run, may cost; null: no limit. */
    readonly budgetUsd: number | null;
    readonly runBudgetUsd: number | null;
    /** Of `agent.prices`: they come before our own table, see `priceOf`. */
    readonly prices: Prices;
  };
  readonly workspace: { readonly setup: readonly string[] | null; readonly copy: readonly string[] };
  readonly sprint: { readonly stopOnFailure: boolean; readonly workspace: 'worktree' | 'root' };
}
