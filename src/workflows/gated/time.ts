import { CancellationScope, sleep } from '@temporalio/workflow';
import { nextStep } from '../../domain/gated/loop.ts';
import type { HaltStep } from '../../domain/gated/loop-state.ts';
import type { Target } from './target.ts';

/** Says when the target's time is over. It stands still while something is waited for that does not count. */
export function timerOf(target: Target) {
  let scope = new CancellationScope();
  let over = false;
  const begin = () => {
    const ms = target.timeLeft;
    if (ms === null) return;
    over = ms === 0;
    scope = new CancellationScope();
    scope
      .run(() => sleep(ms))
      .then(
        () => {
          over = true;
        },
        () => {},
      );
  };
  begin();
  return {
    isOver: () => over,
    end: () => scope.cancel(),
    outside: async (waiting: Promise<void>) => {
      scope.cancel();
      await target.outsideOfTime(waiting);
      begin();
    },
  };
}

/** The time was over in the middle of something: the breaker opens. */
export function tripped(target: Target): HaltStep {
  const facts = { clock: target.clock, hasDiff: false, redTeam: false, dissent: false };
  const { loop, step } = nextStep(target.loop, { kind: 'time_up' }, facts);
  target.set(loop);
  return step.kind === 'halt' ? step : { kind: 'halt', reason: 'timeout', detail: 'the time is over', trigger: null };
}
