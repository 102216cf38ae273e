import { LocusFailure } from '../failures.ts';
import type { Phase, RunStateName } from './state.ts';

/** From JACK_IN a run is in a workflow; READY is before it, and nothing of it is kept. */
const moves: Readonly<Record<RunStateName, readonly RunStateName[]>> = {
  READY: ['JACK_IN'],
  JACK_IN: ['RUNNING'],
  RUNNING: ['COMPLETE', 'HALTED'],
  COMPLETE: ['JACKED_OUT', 'READY_FOR_HITL', 'HALTED'],
  /** By a resume only. */
  HALTED: ['RUNNING'],
  JACKED_OUT: [],
  READY_FOR_HITL: [],
};

/** Names for people. */
export const stateLabels: Readonly<Record<RunStateName, string>> = {
  READY: 'Ready',
  JACK_IN: 'Initializing',
  RUNNING: 'Running',
  COMPLETE: 'Complete',
  HALTED: 'HALTED',
  JACKED_OUT: 'Finished',
  READY_FOR_HITL: 'Ready for review by a person',
};

export function mayMove(from: RunStateName, to: RunStateName): boolean {
  return moves[from].includes(to);
}

/** The new state. Fails with RunConflict for a move that there is not, and then nothing has changed. */
export function moveTo(from: RunStateName, to: RunStateName): RunStateName {
  if (mayMove(from, to)) return to;
  throw new LocusFailure('RunConflict', `a run does not go from ${from} to ${to}`);
}

/** Nothing leads out of it. */
export function isTerminal(state: RunStateName): boolean {
  return moves[state].length === 0;
}

/** What a phase is begun again with; INIT makes the branch ready. */
export type EntryPhase = Exclude<Phase, 'RATE_LIMITED'>;

/**
 * The phase that a resumed run enters. `phase` is the recorded one, also one that this version does not know; `due` is
 * the one that a RATE_LIMITED run waits for.
 */
export function entryPhase(phase: string, due: string | null = null): EntryPhase {
  const recorded = phase === 'RATE_LIMITED' ? due : phase;
  return enterable.find((each) => each === recorded) ?? 'IMPLEMENT';
}

const enterable: readonly EntryPhase[] = ['INIT', 'IMPLEMENT', 'REVIEW', 'AUDIT'];

export function isRunState(name: string): name is RunStateName {
  return Object.hasOwn(moves, name);
}
