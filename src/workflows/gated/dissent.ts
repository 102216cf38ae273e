import { gateNote } from '../../domain/gated/gate-note.ts';
import type { LoopEvent } from '../../domain/gated/loop-state.ts';
import { type RoleAgent, secondModel } from '../../domain/gated/settings.ts';
import { readAskedVerdict } from '../../domain/gated/verdict.ts';
import { callRole, type GatedBench } from './role.ts';
import { cutShort } from './unfinished.ts';

const gate = 'dissent';

/** A review by another model: it need not agree, but it must be there, or be missed where people see it. */
export async function dissent(bench: GatedBench): Promise<LoopEvent> {
  const other = anotherModel(bench);
  if (other === null) return missed('no role works with another model than the reviewer; set one under `roles`');
  const { target } = bench;
  const about = { kind: 'judge', gate: 'review', report: target.report, earlier: [] } as const;
  const end = await callRole(bench, 'reviewer', about, { agent: other, artifact: gate });
  const stop = cutShort('reviewer', end);
  if (stop !== null) return stop;
  if (end.outcome !== 'answered') return missed(end.outcome === 'failed' ? end.detail : 'it gave no answer of its own');
  const verdict = readAskedVerdict(end.answer, 'review');
  if ('reasons' in verdict) return missed(`its answer is not well-formed: ${verdict.reasons.join('; ')}`);
  if (verdict.kind === 'approved') return { kind: 'dissent', note: null };
  const { length } = verdict.findings;
  return { kind: 'dissent', note: gateNote(gate, 'warning', `another model asks for changes (${length} findings)`) };
}

function missed(reason: string): LoopEvent {
  return { kind: 'dissent', note: gateNote(gate, 'did_not_run', reason) };
}

/** Of the roles, the first that is not what the reviewer is. */
export function anotherModel({ run, target }: GatedBench): RoleAgent | null {
  return secondModel(target.input.settings.roles, run.input.settings);
}
