import type { LoopEvent } from '../../domain/gated/loop-state.ts';
import type { Role } from '../../domain/gated/state.ts';
import type { RoleEnd } from './role.ts';

/** What no role goes on after, whatever it is asked for; null: it is for its gate to say what its end means. */
export function cutShort(role: Role, end: RoleEnd): LoopEvent | null {
  switch (end.outcome) {
    case 'refused':
      return { kind: 'refused', role, reason: end.reason };
    case 'time_up':
      return { kind: 'time_up' };
    case 'tampered':
      return { kind: 'broken', reason: 'gate_error', detail: end.detail };
    default:
      return null;
  }
}

/** What it means that a role has not done its part. */
export function unfinished(role: Role, end: RoleEnd): LoopEvent {
  const event = cutShort(role, end);
  if (event !== null) return event;
  if (end.outcome !== 'failed')
    return { kind: 'broken', reason: 'gate_error', detail: `the ${role} gave no answer of its own` };
  const reason = role === 'implementer' ? 'agent_failed' : 'gate_error';
  return { kind: 'broken', reason, detail: `the ${role} failed: ${end.detail}` };
}
