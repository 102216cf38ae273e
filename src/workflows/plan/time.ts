import {
  afterApproval,
  afterBreakdown,
  type BreakerLimits,
  newBreaker,
  open,
  timeIsOver,
} from '../../domain/gated/breaker.ts';
import { resumedBreaker } from '../../domain/gated/halt-resume.ts';
import type { BreakerState } from '../../domain/gated/state.ts';
import type { Resumption } from '../gated/steer.ts';
import { Recorded } from './recorded.ts';

const hourMs = 3_600_000;

/** The time of a plan. Where no sprint is at work that counts it, a breaker of the plan's own opens for it. */
export abstract class PlanTime extends Recorded {
  protected own: BreakerState;
  private readonly began: string;
  private readonly limitMs: number;

  constructor(limits: BreakerLimits) {
    super();
    this.began = this.now();
    this.limitMs = limits.timeoutHours * hourMs;
    this.own = newBreaker(limits, this.began);
  }

  /** Hours that are left of the plan's time, at least a second. */
  get hoursLeft(): number {
    return Math.max(1 / 3600, this.msLeft / hourMs);
  }

  get timeLeft(): number | null {
    return this.own.state === 'HALF_OPEN' ? null : Math.max(0, this.msLeft);
  }

  /** Nothing before that counts any more. */
  timeAnew(at = this.now()): void {
    this.excludedMs = Date.parse(at) - Date.parse(this.began);
    this.show();
  }

  /** It was over between two sprints, or after the last. Answers what the plan halts for. */
  tripped(): string {
    const fired = timeIsOver(this.own);
    this.own = open(this.own, fired, this.now()).breaker;
    return `${fired.trigger}: ${fired.reason}`;
  }

  /** Goes on after a halt that was no sprint's. */
  resumed(how: Resumption): void {
    this.own = resumedBreaker(this.own, how, this.now());
    if (how === 'reset') this.timeAnew();
  }

  /** What it was resumed for came to nothing: a probe has failed then. */
  brokeDown(why: string): void {
    this.own = afterBreakdown(this.own, why, this.now());
  }

  /** What it was resumed for is done. */
  settled(): void {
    if (this.own.state !== 'HALF_OPEN') return;
    this.own = afterApproval(this.own, this.now());
    this.timeAnew();
  }

  private get msLeft(): number {
    return this.limitMs - (Date.now() - Date.parse(this.began) - this.excludedMs);
  }
}
