import { ApplicationFailure } from '@temporalio/workflow';
import { halted, moved, settled } from '../../domain/gated/post-pr.ts';
import type { PostPrInput } from '../../domain/gated/post-pr-input.ts';
import {
  type PostPrHalt,
  type PostPrPhase,
  type PostPrState,
  type PostPrStateName,
  postPrPhases,
} from '../../domain/gated/post-pr-state.ts';
import type { Rounds } from '../../domain/gated/rounds.ts';
import { Target } from '../gated/target.ts';
import type { Run } from '../run.ts';

/** A target whose draft is open: its phases are those of the validation, each with a time of its own. */
export class Validated extends Target {
  /** The commit that the draft shows. */
  shows: string;
  private readonly given: PostPrInput;
  /** When the phase's time is over, but for what did not count since. */
  private until: number | null = null;
  private excludedBefore = 0;

  constructor(run: Run) {
    super(run);
    const { postPr } = run.input;
    if (!postPr) throw ApplicationFailure.nonRetryable('a validation has a draft');
    this.given = postPr;
    this.passed = true;
    this.begun();
    this.move('COMPLETE');
    this.complete(postPr.completion);
    this.set({ ...this.loop, cycle: postPr.cycle, phase: 'AUDIT' });
    this.shows = this.tip;
    this.arrived(this.tip);
    this.validating(postPr.state);
  }

  get post(): PostPrState {
    return this.postPr ?? this.given.state;
  }

  /** Milliseconds until the phase's time is over. */
  override get timeLeft(): number | null {
    if (this.until === null) return null;
    return Math.max(0, this.until + this.excludedMs - this.excludedBefore - Date.now());
  }

  /** Enters a phase or a fix step. Its time begins, and with each round anew. */
  enter(name: Exclude<PostPrStateName, 'HALTED'>): void {
    const found = postPrPhases.find(({ state }) => state === (fixOf[name] ?? name));
    this.begin(found?.phase ?? null);
    this.validating(moved(this.post, name, this.now()));
  }

  /** The time of a phase begins anew, for another agent of it. */
  begin(phase: PostPrPhase | null): void {
    this.until = phase === null ? null : Date.now() + this.given.timeoutS[phase] * 1000;
    this.excludedBefore = this.excludedMs;
  }

  settle(phase: PostPrPhase, status: 'completed' | 'skipped', note: string | null): void {
    this.validating(settled(this.post, phase, { status, note }, this.now()));
  }

  halt(reason: PostPrHalt, detail: string | null, late = false): void {
    this.validating(halted(this.post, reason, this.now(), { detail, late }));
  }

  count(of: keyof PostPrState['rounds'], rounds: Rounds): void {
    this.tell({ rounds: { ...this.post.rounds, [of]: rounds } });
  }

  /** What the validation has come to beside its phases. */
  tell(change: Partial<Pick<PostPrState, 'rounds' | 'tests' | 'reviews' | 'bugs' | 'fix_commits' | 'verified'>>): void {
    this.validating({ ...this.post, ...change });
  }

  /** Each agent has a cycle of its own, under which its prompt and its answer are kept. */
  nextCycle(): void {
    this.set({ ...this.loop, cycle: this.loop.cycle + 1 });
  }
}

const fixOf: Readonly<Partial<Record<PostPrStateName, PostPrStateName>>> = {
  FIX_AUDIT: 'POST_PR_AUDIT',
  FIX_E2E: 'E2E_TESTING',
};
