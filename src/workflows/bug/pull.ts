import type { CompletionRecord } from '../../domain/gated/bodies.ts';
import { bugPull } from '../../domain/gated/bug-body.ts';
import { confidenceOf } from '../../domain/gated/confidence.ts';
import type { PullText } from '../../domain/pull-body.ts';
import { testsOf } from '../gated/delivery.ts';
import type { Target } from '../gated/target.ts';
import type { Run } from '../run.ts';
import type { Bug } from './bug.ts';

/** The draft of a bug's branch, as it stands: fixed, or halted. */
export function bugDraft(run: Run, target: Target, { state, triage }: Bug, completion: CompletionRecord): PullText {
  if (triage === null) throw new Error('a bug is on a branch of its own after its triage');
  const { bug_id, bug_title, confidence } = state;
  const { run_id, halt } = target.state;
  const [issue = null] = target.issues;
  const isOpen = target.breaker.state === 'OPEN';
  return bugPull({
    run_id,
    bug_id,
    bug_title,
    issue,
    confidence: confidence ?? confidenceOf(triage),
    artifacts: [
      { name: 'Triage and micro-sprint', path: `.locus/bugs/${bug_id}.md` },
      { name: 'Answers of the roles, on the host', path: `runs/${run_id}` },
    ],
    notes: target.loop.notes,
    deletions: target.state.deletions,
    tests: testsOf(run, target.isTested),
    outcome: halt ? { state: 'HALTED', reason: halt.reason, breakerOpen: isOpen } : { state: 'COMPLETED', completion },
  });
}
