import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { RemotePlace } from '../../activities/gated/contract.ts';
import { decideResume, type ResumeFacts } from '../../domain/gated/halt-resume.ts';
import type { Question } from '../../domain/gated/run-input.ts';
import type { BreakerState, RunStateName } from '../../domain/gated/state.ts';
import { oneLine } from '../../domain/text.ts';
import { answer, type ResumeGated, resume, resumeGated } from '../messages.ts';
import type { Run } from '../run.ts';
import { HostMoved, type Tools } from '../tools.ts';
import type { Deliverable, Movable } from './delivery.ts';
import { forAMoment } from './step.ts';

/** What people steer: a target, or a plan with the sprint that it is at. */
export interface Steerable extends Pick<Deliverable, 'branch'> {
  readonly stateName: RunStateName;
  readonly breaker: BreakerState;
  readonly asked: Question | null;
  answered(value: string): void;
  /** What is of high danger may go on from now on. */
  letHigh(): void;
}

export type Resumption = 'keep' | 'reset' | 'probe';

/** How people let a halted run go on, and answer what it asks. Answers with what the latest resume said of the breaker. */
export function steered(
  run: Run,
  work: Steerable,
  position: () => Promise<RemotePlace | null>,
): { readonly resumption: Resumption } {
  const course = { resumption: 'keep' as Resumption };
  const decided = ({ flags, branch }: ResumeGated, remote: ResumeFacts['remote']) => {
    const { stateName: state, branch: runBranch, breaker } = work;
    const decision = decideResume({ state, runBranch, branch: branch ?? runBranch, remote, breaker }, flags);
    if (decision.kind === 'refused') throw ApplicationFailure.nonRetryable(decision.message, 'ResumeRefused');
    return decision.breaker;
  };
  const goOn = async (request: ResumeGated) => {
    const place = request.flags.force ? 'equal' : await position();
    const breaker = decided(request, place ?? 'absent');
    if (place === null) run.warn(`${work.branch} goes on, although the remote did not say where it stands there`);
    course.resumption = breaker;
    if (request.allowHigh) work.letHigh();
    if (request.budgets) run.change({ budget: { ...run.state.budget, ...request.budgets } });
    run.letGoOn();
    return { breaker };
  };
  setHandler(resumeGated, goOn, { validator: (request) => void decided(request, 'equal') });
  // As every run is resumed: without a word on its breaker. Whoever sent it hears no refusal.
  setHandler(resume, ({ budgets } = {}) => {
    const request: ResumeGated = {
      flags: { reset: false, probe: false, force: false },
      ...(budgets ? { budgets } : {}),
    };
    goOn(request).catch((error: Error) => run.warn(`not resumed: ${error.message}`));
  });
  setHandler(answer, ({ value }) => work.answered(answerIn(work.asked, value) ?? value), {
    validator: ({ value, question }) => {
      const { asked } = work;
      const isOther = question !== undefined && question !== asked?.number;
      const now = asked === null ? 'the run asks nothing' : `the run asks question ${asked.number}`;
      const refusal = isOther ? `question ${question} is not open: ${now}` : now;
      if (asked === null || isOther) throw ApplicationFailure.nonRetryable(refusal, 'RunConflict');
      if (answerIn(asked, value) !== null) return;
      const wanted =
        asked.answers.length > 0 ? asked.answers.join(' or ') : `a text of 1 to ${longestAnswer} characters`;
      const given = oneLine(value).slice(0, 80) || 'an empty one';
      throw ApplicationFailure.nonRetryable(`the answer is ${wanted}, not ${given}`, 'UsageInvalid');
    },
  });
  return course;
}

const longestAnswer = 10_000;

/** One of the answers that are wanted, or the text that was asked for; null: it is neither. */
function answerIn(asked: Question | null, value: string): string | null {
  const text = value.trim();
  if (asked === null || asked.answers.length === 0) return text !== '' && text.length <= longestAnswer ? text : null;
  return asked.answers.find((each) => each === text.toLowerCase()) ?? null;
}

/** A person waits for the answer. */
const patienceMs = 20_000;

/** null: the remote did not say. Where nobody can tell, the push will: it never forces. */
export async function remotePosition(
  { run, tools }: { readonly run: Run; readonly tools: Tools },
  work: Pick<Deliverable, 'branch' | 'pushMode' | 'commits'> & Partial<Movable>,
): Promise<RemotePlace | null> {
  const { branch, pushMode, commits } = work;
  if (run.input.remote === null || pushMode === 'LOCAL' || commits === 0) return 'absent';
  try {
    return await forAMoment(run, patienceMs, () =>
      tools.onHost(({ host }) =>
        host.comparePosition.executeWithOptions({ summary: `compare ${branch}` }, [run.context, { branch }]),
      ),
    );
  } catch (error) {
    if (!(error instanceof HostMoved)) throw error;
    work.hostLost?.();
    return 'absent';
  }
}
