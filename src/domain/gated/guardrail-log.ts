import { sha256 } from '../sha256.ts';
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
    })
  | CheckpointRecord;

/** A step of a pull request's validation: agents that begin anew, or what becomes of a finding. */
export interface CheckpointRecord extends Omit<Stamp, 'latency'> {
  readonly type: 'context_clear' | 'triage';
  readonly action: GuardAction;
  readonly text: string;
}

/** What one role leaves for another. */
export interface Artifact {
  readonly path: string;
  readonly size_bytes: number;
  /** Hex of its sha256. */
  readonly checksum: string;
}

/**
 * The id of a record, 16 hex digits: the same for what is recorded anew because it was cut off. `of`: what it belongs to,
 * such as an attempt; `position`: its place among the records of that. When it was taken makes no difference.
 */
export function recordId(record: AuditRecord, of: string, position: number): string {
  const lasting = { ...record, timestamp: undefined, latency: undefined };
  return sha256(JSON.stringify([of, position, lasting])).slice(0, 16);
}

/** The ids in an `audit.jsonl`; a line that was cut off has none. */
export function recordIds(text: string): Set<string> {
  return new Set([...text.matchAll(/^\{"id":"([0-9a-f]{16})",.*\}$/gm)].map(([, id = '']) => id));
}

/** A record of `audit.jsonl` for people; a line that is none is shown as it is. */
export function auditLine(json: string): string {
  let record: AuditRecord;
  try {
    record = JSON.parse(json) as AuditRecord;
  } catch {
    return json;
  }
  const about = `${record.timestamp}  ${record.action.padEnd(7)}  ${record.role}`;
  if (record.type === 'danger_level') return `${about}  danger ${record.level}: ${record.reason}`;
  if (record.type === 'handoff')
    return `${about}  hands ${record.artifacts.map((each) => each.path).join(', ')} to ${record.to_role}`;
  if ('text' in record) return `${about}  ${record.type}: ${record.text}`;
  const checks = record.checks.map(({ name, status, reason, redactions, score }) => {
    const figures = [
      redactions === undefined ? [] : `${redactions} redactions`,
      score === undefined ? [] : `score ${score}`,
    ];
    const told = [...figures.flat(), ...(reason === undefined ? [] : [reason])].join(': ');
    return `${name} ${status}${told === '' ? '' : ` (${told})`}`;
  });
  return `${about}  input: ${checks.join(', ')}`;
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
