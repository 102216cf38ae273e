import { type BreakerLimits, breakerDefaults } from '../../../src/domain/gated/breaker.ts';
import { enterPhase, nextStep } from '../../../src/domain/gated/loop.ts';
import {
  type HaltStep,
  type LoopEvent,
  type LoopFacts,
  type LoopState,
  newLoop,
  type Step,
  type WorkPhase,
} from '../../../src/domain/gated/loop-state.ts';
import { readVerdict } from '../../../src/domain/gated/verdict.ts';
import { answer, finding } from './answers.ts';

export const start = '2026-11-21T20:00:00.000Z';

/** What a role does when its turn comes, by the number of that turn from 1. */
export interface Script {
  /** Files that it changes; default 1. */
  readonly implement?: (turn: number) => number | LoopEvent;
  /** Rules of its findings, a letter each, none for approval; a text with a line end is its answer. */
  readonly review?: (turn: number) => string | LoopEvent;
  readonly audit?: (turn: number) => string | LoopEvent;
  readonly redTeam?: (turn: number) => LoopEvent;
  readonly dissent?: (turn: number) => LoopEvent;
  readonly hasDiff?: boolean;
  readonly limits?: Partial<BreakerLimits>;
  readonly callsPerHour?: number;
  /** How long a phase takes; default 1. */
  readonly minutes?: number;
  /** A person halts it when so many roles have been called. */
  readonly haltAfter?: number;
}

export interface Told {
  readonly loop: LoopState;
  readonly end: HaltStep | { readonly kind: 'complete' } | { readonly kind: 'halted' };
  /** Who was called, in order; waits and repairs too. */
  readonly calls: readonly string[];
  readonly now: string;
}

/** Carries out what the loop asks for, as the workflow does, until it completes or halts. */
export function run(script: Script, from: { loop: LoopState; phase: WorkPhase; now: string } | null = null): Told {
  const calls: string[] = [];
  const turns = new Map<string, number>();
  let now = from?.now ?? start;
  let loop = from?.loop ?? newLoop({ ...breakerDefaults.sprint, ...script.limits }, script.callsPerHour ?? 100, now);
  const facts = (): LoopFacts => ({
    clock: { now, excludedMs: 0 },
    hasDiff: script.hasDiff ?? true,
    redTeam: script.redTeam !== undefined,
    dissent: script.dissent !== undefined,
  });
  const call = (name: string) => {
    calls.push(name);
    turns.set(name, (turns.get(name) ?? 0) + 1);
    now = new Date(Date.parse(now) + (script.minutes ?? 1) * 60_000).toISOString();
    return turns.get(name) ?? 0;
  };
  const happened = (event: LoopEvent): Step => {
    const advanced = nextStep(loop, event, facts());
    loop = advanced.loop;
    return advanced.step;
  };
  const judge = (gate: 'review' | 'audit'): LoopEvent => {
    const turn = call(gate);
    const said = script[gate]?.(turn) ?? '';
    return typeof said === 'string' ? { kind: 'judged', gate, verdict: readVerdict(textOf(gate, said), gate) } : said;
  };
  const perform = (phase: WorkPhase): LoopEvent => {
    if (phase !== 'IMPLEMENT') return judge(phase === 'REVIEW' ? 'review' : 'audit');
    const turn = call('implement');
    const done = script.implement?.(turn) ?? 1;
    return typeof done === 'number' ? { kind: 'implemented', filesChanged: done } : done;
  };
  const enter = (phase: WorkPhase): Step => {
    const { loop: entered, entry } = enterPhase(loop, phase, facts().clock);
    loop = entered;
    if (entry.kind === 'halt') return entry;
    if (entry.kind === 'start') return happened(perform(entry.phase));
    calls.push('wait');
    now = entry.until;
    return { kind: 'phase', phase: entry.phase };
  };
  const take = (step: Step): Step => {
    if (step.kind === 'phase') return enter(step.phase);
    if (step.kind === 'repair') return happened(judge(step.gate));
    if (step.kind === 'red_team') return happened(script.redTeam?.(call('red-team')) ?? { kind: 'time_up' });
    return happened(script.dissent?.(call('dissent')) ?? { kind: 'time_up' });
  };
  let step: Step = from ? { kind: 'phase', phase: from.phase } : happened({ kind: 'ready' });
  while (step.kind !== 'complete' && step.kind !== 'halt') {
    if (calls.length === script.haltAfter) return { loop, end: { kind: 'halted' }, calls, now };
    step = take(step);
  }
  return { loop, end: step, calls, now };
}

function textOf(gate: 'review' | 'audit', said: string): string {
  if (said.includes('\n')) return said;
  const findings = [...said].map((rule) => finding({ rule }));
  return answer({ gate, findings, verdict: said === '' ? 'APPROVED' : 'CHANGES_REQUIRED' });
}
