import { type CompletionRecord, haltedPull, singlePull } from '../../domain/gated/bodies.ts';
import { outcomeIn } from '../../domain/gated/gate-note.ts';
import type { PullText } from '../../domain/pull-body.ts';
import { bugDraft } from '../bug/pull.ts';
import { testsOf } from './delivery.ts';
import type { GatedBench } from './role.ts';
import type { Target } from './target.ts';

/** The draft of a target that has passed its gates, with what its validation has come to. */
export function donePull({ run, target }: GatedBench): PullText {
  const { state, loop, postPr } = target;
  const completion = completionOf(target);
  if (target.bug) return bugDraft(run, target, target.bug, completion);
  return singlePull({
    state,
    tests: testsOf(run, target.isTested),
    notes: loop.notes,
    issues: target.issues,
    completion,
    postPr,
  });
}

function completionOf({ state, loop, input }: Target): CompletionRecord {
  const { redTeam, dissent } = input.settings;
  return {
    run_id: state.run_id,
    target: state.target,
    gates: {
      review: 'APPROVED',
      audit: 'APPROVED',
      'red-team': redTeam.enabled ? outcomeIn('red-team', loop.notes) : 'off',
      dissent: dissent ? outcomeIn('dissent', loop.notes) : 'off',
    },
    ts: state.timestamps.last_activity,
  };
}

export function incompletePull({ run, target }: GatedBench): PullText {
  const { state, loop, issues } = target;
  if (target.bug) return bugDraft(run, target, target.bug, completionOf(target));
  return haltedPull({ state, notes: loop.notes, issues, breakerOpen: loop.breaker.state === 'OPEN' });
}
