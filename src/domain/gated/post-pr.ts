import { gateNote } from './gate-note.ts';
import {
  haltExits,
  type PhaseStatus,
  type PostPrHalt,
  type PostPrMarker,
  type PostPrPhase,
  type PostPrState,
  type PostPrStateName,
  postPrPhases,
} from './post-pr-state.ts';
import type { Rounds } from './rounds.ts';

/** `post_pr` of the configuration. The two reviews are off unless they are asked for. */
export interface PostPrSwitches {
  readonly audit?: boolean;
  readonly e2e?: boolean;
  readonly cross_model?: boolean;
  readonly review?: boolean;
}

const none: Rounds = { rounds: 0, seen: {} };

/** A phase that is switched off is skipped, and says so, from the start. */
export function newPostPr(
  given: Pick<PostPrState, 'post_pr_id' | 'pr_url' | 'branch' | 'mode'>,
  { audit = true, e2e = true, cross_model = false, review = false }: PostPrSwitches,
  at: string,
): PostPrState {
  const on: Readonly<Record<PostPrPhase, boolean>> = {
    post_pr_audit: audit,
    context_clear: true,
    e2e_testing: e2e,
    cross_model_review: cross_model,
    pr_review: review,
  };
  const statusOf = (phase: PostPrPhase): PhaseStatus => (on[phase] ? 'pending' : 'skipped');
  return {
    ...given,
    state: 'PR_CREATED',
    phases: {
      post_pr_audit: statusOf('post_pr_audit'),
      context_clear: statusOf('context_clear'),
      e2e_testing: statusOf('e2e_testing'),
      cross_model_review: statusOf('cross_model_review'),
      pr_review: statusOf('pr_review'),
    },
    notes: Object.fromEntries(postPrPhases.filter(({ phase }) => !on[phase]).map(({ phase }) => [phase, 'disabled'])),
    markers: [],
    rounds: { audit: none, e2e: none, review: none },
    timestamps: { started: at, last_activity: at },
    exit: null,
  };
}

/** The phase to run: the first that is neither completed nor skipped, so after a crash the one that was under way. */
export function nextPhase({ phases }: Pick<PostPrState, 'phases'>): PostPrPhase | null {
  return postPrPhases.find(({ phase }) => !isSettled(phases[phase]))?.phase ?? null;
}

/**
 * Whether a state may follow: a phase once all before it are settled, a fix step and back, READY_FOR_HITL once each
 * phase is completed, or skipped with its reason. HALTED is left by `resumed` alone.
 */
export function mayMove(from: Pick<PostPrState, 'state' | 'phases' | 'notes'>, to: PostPrStateName): boolean {
  const { state, phases, notes } = from;
  if (state === 'READY_FOR_HITL' || state === 'HALTED' || to === 'PR_CREATED' || to === state) return false;
  if (to === 'HALTED') return true;
  if (to === 'FIX_AUDIT') return state === 'POST_PR_AUDIT';
  if (to === 'FIX_E2E') return state === 'E2E_TESTING';
  if (state === 'FIX_AUDIT') return to === 'POST_PR_AUDIT';
  if (state === 'FIX_E2E') return to === 'E2E_TESTING';
  const next = nextPhase({ phases });
  if (to !== 'READY_FOR_HITL') return postPrPhases.some(({ phase, state: of }) => of === to && phase === next);
  return next === null && postPrPhases.every(({ phase }) => phases[phase] === 'completed' || Boolean(notes[phase]));
}

/** The state that follows, or the same one where the move is not allowed. A phase that begins is in progress. */
export function moved(state: PostPrState, to: Exclude<PostPrStateName, 'HALTED'>, at: string): PostPrState {
  if (!mayMove(state, to)) return state;
  const entered = postPrPhases.find((each) => each.state === to);
  const phases = entered ? { ...state.phases, [entered.phase]: 'in_progress' as const } : state.phases;
  const after = { ...state, state: to, phases, timestamps: { ...state.timestamps, last_activity: at } };
  return to === 'READY_FOR_HITL' ? ready(after) : after;
}

/** A phase that has its outcome; one that is skipped needs words that say why. */
export function settled(
  state: PostPrState,
  phase: PostPrPhase,
  outcome: { readonly status: 'completed' | 'skipped'; readonly note: string | null },
  at: string,
): PostPrState {
  const { status, note } = outcome;
  const marker = postPrPhases.find((each) => each.phase === phase)?.marker ?? null;
  return {
    ...state,
    phases: { ...state.phases, [phase]: status },
    notes: note === null ? state.notes : { ...state.notes, [phase]: note },
    markers: status === 'completed' && marker !== null ? withMarker(state.markers, marker) : state.markers,
    timestamps: { ...state.timestamps, last_activity: at },
  };
}

/**
 * A halt by a person leaves the phase to run again; any other one is the phase's failure. `detail`: words for people.
 * `late`: the phase's time was over.
 */
export function halted(
  state: PostPrState,
  reason: PostPrHalt,
  at: string,
  { detail = null, late = false }: { readonly detail?: string | null; readonly late?: boolean } = {},
): PostPrState {
  if (!mayMove(state, 'HALTED')) return state;
  const phase = nextPhase(state);
  const status = reason === 'user_interrupt' ? 'pending' : 'failed';
  return {
    ...state,
    state: 'HALTED',
    phases: phase === null ? state.phases : { ...state.phases, [phase]: status },
    notes: phase === null ? state.notes : { ...state.notes, [phase]: reason },
    timestamps: { ...state.timestamps, last_activity: at },
    halt: { reason, timestamp: at, ...(detail === null ? {} : { detail }) },
    exit: late ? 2 : haltExits[reason],
  };
}

/** Ready to enter the phase that halted it, with its rounds counted anew: else it would halt again at once. */
export function resumed(state: PostPrState, at: string): PostPrState {
  if (state.state !== 'HALTED') return state;
  const { halt: _halt, ...rest } = state;
  const phase = nextPhase(state);
  const notes = Object.fromEntries(Object.entries(state.notes).filter(([of]) => of !== phase));
  return {
    ...rest,
    state: 'PR_CREATED',
    phases: phase === null ? state.phases : { ...state.phases, [phase]: 'pending' },
    notes,
    rounds: { audit: none, e2e: none, review: { ...state.rounds.review, rounds: 0 } },
    timestamps: { ...state.timestamps, last_activity: at },
    exit: null,
  };
}

/** For the pull request: each phase that was skipped, or has something to say beside its status. */
export function postPrNotes({ phases, notes }: Pick<PostPrState, 'phases' | 'notes'>): string[] {
  return postPrPhases.flatMap(({ phase }) => {
    const note = notes[phase];
    if (phases[phase] === 'skipped') return [gateNote(phase, 'skipped', note ?? 'no reason given')];
    return note === undefined ? [] : [gateNote(phase, 'warning', note)];
  });
}

/** Validated is only what every phase has looked at. */
function ready(state: PostPrState): PostPrState {
  const all = postPrPhases.every(({ phase }) => state.phases[phase] === 'completed');
  return { ...state, exit: 0, markers: all ? withMarker(state.markers, 'PR-VALIDATED') : state.markers };
}

function isSettled(status: PhaseStatus): boolean {
  return status === 'completed' || status === 'skipped';
}

function withMarker(markers: readonly PostPrMarker[], marker: PostPrMarker): readonly PostPrMarker[] {
  return markers.includes(marker) ? markers : [...markers, marker];
}
