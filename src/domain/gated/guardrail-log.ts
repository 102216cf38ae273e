import type { DangerJudgement, GuardAction } from './danger.ts';
import type { GuardrailCheck, GuardrailOutcome } from './guardrails.ts';

interface Stamp {
  /** ISO 8601 in UTC. */
  readonly timestamp: string;
  readonly role: string;
  readonly run: string;
  /** In milliseconds. */
  readonly latency: number;
}

/** One line of `audit.jsonl`. */
export type AuditRecord =
  | (Stamp & DangerJudgement & { readonly type: 'danger_level' })
  | (Stamp & {
      readonly type: 'input_guardrail';
      readonly action: GuardAction;
      readonly checks: readonly GuardrailCheck[];
    })
  | (Omit<Stamp, 'latency'> & {
      readonly type: 'handoff';
      readonly action: GuardAction;
      readonly from_role: string;
      readonly to_role: string;
      readonly artifacts: readonly Artifact[];
    });

/** What one role leaves for another. */
export interface Artifact {
  readonly path: string;
  readonly size_bytes: number;
  /** Hex of its sha256. */
  readonly checksum: string;
}

/** What the guardrails did, in their order. A check that did not run is in it, too. */
export function guardrailRecords(outcome: GuardrailOutcome, stamp: Stamp): readonly AuditRecord[] {
  const { timestamp, role, run, latency } = stamp;
  return [
    { type: 'danger_level', timestamp, role, run, latency, ...outcome.danger },
    { type: 'input_guardrail', timestamp, role, run, latency, ...outcome.input },
  ];
}

export function handoffRecord(
  from: string,
  to: string,
  artifacts: readonly Artifact[],
  { timestamp, run }: Pick<Stamp, 'timestamp' | 'run'>,
): AuditRecord {
  return { type: 'handoff', timestamp, role: from, action: 'PROCEED', run, from_role: from, to_role: to, artifacts };
}
