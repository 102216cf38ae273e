import type { Failure } from './failures.ts';
import type { GatedProgress } from './gated/run-input.ts';
import { phaseOf, phaseOfPlan } from './gated/status-view.ts';
import type { RunState, TaskState } from './run.ts';
import { exitCodeOf, resumeCommand } from './run-state.ts';

/** What `--json` prints of a task; the fields scripts know from the run-state of old. */
export interface TaskView {
  readonly issue: number;
  readonly title: string;
  readonly order: number | null;
  readonly status: TaskState['status'];
  readonly branch: string;
  readonly pr: number | null;
  readonly error: { readonly type: string; readonly message: string; readonly remedy: string } | null;
}

interface Stamp {
  readonly runId: string;
  /** ISO 8601. */
  readonly at: string;
}

/** One line of `locus run --json`. */
export type RunEvent =
  | (Stamp & RunView & { readonly event: 'run.started' })
  | (Stamp & {
      readonly event: 'task.started';
      readonly issue: number;
      readonly title: string;
      readonly branch: string;
    })
  | (Stamp & { readonly event: 'agent.event'; readonly issue: number; readonly text: string; readonly costUsd: number })
  | (Stamp & TaskView & { readonly event: 'task.finished'; readonly durationMs: number })
  | (Stamp & { readonly event: 'run.waiting'; readonly reason: string; readonly until: string | null })
  | (Stamp & {
      readonly event: 'run.halted';
      readonly reason: string;
      readonly remedy: string;
      readonly files: readonly string[];
      /** What to type to let the run go on. */
      readonly resume: string;
    })
  | (Stamp & { readonly event: 'run.warning'; readonly text: string })
  | (Stamp & GatedEvent)
  | (Stamp & RunView & { readonly event: 'run.finished'; readonly exitCode: number });

/** Of a gated run: each phase that begins, and each question. */
type GatedEvent =
  | {
      readonly event: 'gated.phase';
      readonly target: string;
      readonly state: string;
      readonly phase: string;
      readonly cycle: number;
      readonly limit: number;
    }
  | {
      readonly event: 'gated.question';
      readonly number: number;
      readonly text: string;
      readonly answers: readonly string[];
    };

export interface RunView {
  readonly runId: string;
  readonly type: RunState['type'];
  readonly sprint: string | null;
  readonly branch: string | null;
  readonly status: RunState['status'];
  readonly pr: number | null;
  readonly tasks: readonly TaskView[];
}

export function viewOf(state: RunState): RunView {
  const { runId, type, sprint, branch, status } = state;
  return { runId, type, sprint, branch, status, pr: state.pr?.number ?? null, tasks: state.tasks.map(viewOfTask) };
}

/** What happened between two looks at a run; `before` null: everything so far. */
export function eventsBetween(before: RunState | null, after: RunState): RunEvent[] {
  const { runId } = after;
  const events: RunEvent[] = [];
  if (before === null) events.push({ event: 'run.started', at: iso(after.startedAt), ...viewOf(after) });
  events.push(
    ...gatedEvents(progressOf(before), progressOf(after)).map((event) => ({ ...event, runId, at: iso(Date.now()) })),
  );
  for (const task of after.tasks) {
    const earlier = before?.tasks.find((candidate) => candidate.issue === task.issue) ?? null;
    events.push(...taskEvents(runId, earlier, task));
  }
  for (const text of after.warnings) {
    if (!before?.warnings.includes(text)) events.push({ event: 'run.warning', runId, at: iso(Date.now()), text });
  }
  if (after.waiting && JSON.stringify(after.waiting) !== JSON.stringify(before?.waiting)) {
    const { reason, until } = after.waiting;
    events.push({
      event: 'run.waiting',
      runId,
      at: iso(Date.now()),
      reason,
      until: until === null ? null : iso(until),
    });
  }
  if (after.halt && after.halt.at !== before?.halt?.at) events.push(halted(after, after.halt));
  if (after.finishedAt !== null && before?.finishedAt == null) {
    events.push({ event: 'run.finished', at: iso(after.finishedAt), exitCode: exitCodeOf(after), ...viewOf(after) });
  }
  return events;
}

interface Progress {
  readonly run: Pick<GatedProgress['run'], 'target' | 'cycles'>;
  readonly phase: string;
  readonly state: string;
  readonly question: GatedProgress['question'];
}

/** Of a plan, the state is its own and the rest that of the sprint that it is at. */
function progressOf(run: RunState | null): Progress | null {
  const { gated, plan } = run ?? {};
  if (gated) return { run: gated.run, phase: phaseOf(gated), state: gated.run.state, question: gated.question };
  if (!plan?.current) return null;
  return { run: plan.current.run, phase: phaseOfPlan(plan), state: plan.plan.state, question: plan.question };
}

function gatedEvents(before: Progress | null, after: Progress | null): GatedEvent[] {
  if (after === null) return [];
  const { state, phase } = after;
  const { target, cycles } = after.run;
  const events: GatedEvent[] = [];
  const earlier = before?.run;
  const isNew = earlier?.target !== target || before?.phase !== phase || earlier.cycles.current !== cycles.current;
  if (isNew || before?.state !== state) {
    events.push({ event: 'gated.phase', target, state, phase, cycle: cycles.current, limit: cycles.limit });
  }
  const { question } = after;
  if (question && question.number !== before?.question?.number) {
    const { number, text, answers } = question;
    events.push({ event: 'gated.question', number, text, answers });
  }
  return events;
}

function taskEvents(runId: string, before: TaskState | null, task: TaskState): RunEvent[] {
  const events: RunEvent[] = [];
  const { issue, title, branch, startedAt, finishedAt } = task;
  if (startedAt !== null && startedAt !== before?.startedAt) {
    events.push({ event: 'task.started', runId, at: iso(startedAt), issue, title, branch });
  }
  if (finishedAt !== null && finishedAt !== before?.finishedAt) {
    const durationMs = finishedAt - (startedAt ?? finishedAt);
    events.push({ event: 'task.finished', runId, at: iso(finishedAt), durationMs, ...viewOfTask(task) });
  }
  return events;
}

function halted(state: RunState, halt: NonNullable<RunState['halt']>): RunEvent {
  return {
    event: 'run.halted',
    runId: state.runId,
    at: iso(halt.at),
    reason: halt.reason,
    remedy: remedyOf(halt.failure, resumeCommand(state)),
    files: halt.failure?.files ?? [],
    resume: resumeCommand(state),
  };
}

function remedyOf(failure: Failure | null, resume: string): string {
  if (failure === null) return `go on with \`${resume}\``;
  const remedy = failure.remedy.replaceAll('`locus run --resume`', `\`${resume}\``);
  return remedy.includes(resume) ? remedy : `${remedy}, then \`${resume}\``;
}

function viewOfTask({ issue, title, order, status, branch, pr, error }: TaskState): TaskView {
  const told = error && { type: error.type, message: error.message, remedy: error.remedy };
  return { issue, title, order, status, branch, pr, error: told };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
