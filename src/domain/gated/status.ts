import { oneLine } from '../text.ts';
import type { BugState } from './bug-state.ts';
import { type Computed, hoursAndMinutes } from './clock.ts';
import { treeOf } from './deletions.ts';
import { type PostPrState, postPrPhases } from './post-pr-state.ts';
import type { Question } from './run-input.ts';
import type { BreakerState, PlanSprint, RunStateName, TargetState } from './state.ts';
import { computedOfRun, type PlanView, phaseOf, planComputed, type RunView } from './status-view.ts';
import { stateLabels } from './transitions.ts';

/** For people, as lines without colours. `now` is in milliseconds. */
export function runText(view: RunView, now: number, verbose = false): string {
  const { run, circuit_breaker } = view;
  const computed = computedOfRun(view, now);
  return [
    ...rows(0, [
      ['Run ID', oneLine(run.run_id)],
      ['State', stateText(run.state)],
      ['Target', oneLine(run.target)],
      ['Branch', oneLine(run.branch)],
      ...bugRows(view.bug),
      ...haltRows(run.halt?.reason, circuit_breaker),
    ]),
    ...detailLines(view, computed),
    ...(verbose ? verboseLines(run, circuit_breaker) : []),
  ].join('\n');
}

/** The same for a plan, with the sprint that it is at. */
export function planText(view: PlanView, now: number, verbose = false): string {
  const { plan, current, breaker, excludedMs, post_pr } = view;
  const { sprints, metrics, failure } = plan;
  const percent = sprints.total === 0 ? 0 : Math.floor((100 * sprints.completed) / sprints.total);
  const runtime = planComputed(plan, now, excludedMs).runtime_seconds;
  return [
    ...rows(0, [
      ['Plan ID', oneLine(plan.plan_id)],
      ['State', stateText(plan.state)],
      ['Branch', oneLine(plan.branch)],
      ...haltRows(failure && `${failure.sprint}: ${failure.reason}`, current?.circuit_breaker ?? breaker),
    ]),
    '',
    `SPRINTS ${sprints.completed}/${sprints.total} (${percent}%)`,
    ...sprints.list.map(sprintLine),
    '',
    'TOTALS',
    ...rows(2, [
      ['Cycles', String(metrics.total_cycles)],
      ['Files changed', String(metrics.total_files_changed)],
      ['Findings fixed', String(metrics.total_findings_fixed)],
      ['Runtime', against(runtime, plan.options.timeout_hours)],
    ]),
    ...(current === null ? [] : detailLines(current, computedOfRun(current, now))),
    ...(current === null && breaker ? breakerLines(breaker, runtime) : []),
    ...(post_pr === undefined ? [] : block('POST-PR VALIDATION', postPrLines(post_pr))),
    ...(current !== null && verbose ? verboseLines(current.run, current.circuit_breaker) : []),
  ].join('\n');
}

function detailLines(view: RunView, { runtime_seconds }: Computed): string[] {
  const { run, circuit_breaker, post_pr, notes = [] } = view;
  const { cycles, metrics } = run;
  const runtime = against(runtime_seconds, circuit_breaker.triggers.timeout.limit_hours);
  return [
    '',
    'PROGRESS',
    ...rows(2, [
      ['Cycle', `${cycles.current} / ${cycles.limit}`],
      ['Phase', phaseOf(view)],
      ['Runtime', runtime],
    ]),
    '',
    'METRICS',
    ...rows(2, [
      ['Files changed', String(metrics.files_changed)],
      ['Files deleted', String(metrics.files_deleted)],
      ['Commits', String(metrics.commits)],
      ['Findings fixed', String(metrics.findings_fixed)],
    ]),
    ...breakerLines(circuit_breaker, runtime_seconds),
    ...(post_pr === undefined ? [] : block('POST-PR VALIDATION', postPrLines(post_pr))),
    ...(notes.length === 0 ? [] : block('NOT CHECKED, OR IN DOUBT', notes.map(oneLine))),
  ];
}

function breakerLines({ state, triggers }: BreakerState, runtimeSeconds: number): string[] {
  const { same_issue, no_progress, cycle_count, timeout } = triggers;
  return [
    '',
    'CIRCUIT BREAKER',
    ...rows(2, [
      ['State', state],
      ['Same issue', `${same_issue.count}/${same_issue.threshold}`],
      ['No progress', `${no_progress.count}/${no_progress.threshold}`],
      ['Cycle', `${cycle_count.current}/${cycle_count.limit}`],
      ['Timeout', against(runtimeSeconds, timeout.limit_hours)],
    ]),
  ];
}

/** How a person answers what a run asks, and nothing that it asks later; no answers: any text. */
export function answerHint({ number, answers }: Pick<Question, 'number' | 'answers'>): string {
  const wanted = answers.length === 0 ? ["'<text>'"] : answers;
  return `answer with ${wanted.map((each) => `\`locus answer ${each} --question ${number}\``).join(' or ')}`;
}

function bugRows(bug: BugState | undefined): (readonly [string, string])[] {
  if (bug === undefined) return [];
  const sprint = bug.sprint_id === '' ? '' : `, ${bug.sprint_id}`;
  const risk = bug.confidence === null ? '' : `, risk ${bug.confidence.risk_level}`;
  return [['Bug', `${bug.state}${sprint}${risk}: ${oneLine(bug.bug_title)}`]];
}

function verboseLines({ cycles, deletions }: TargetState, { history }: BreakerState): string[] {
  return [
    ...block(
      'CYCLE HISTORY',
      cycles.history.map(
        ({ cycle, phase, findings, files_changed }) =>
          `${cycle} ${phase}: ${counted(findings, 'finding')}, ${counted(files_changed, 'file')} changed`,
      ),
    ),
    ...block(
      'TRIPS',
      history.map(({ timestamp, trigger, reason }) => `${timestamp} ${trigger}: ${oneLine(reason)}`),
    ),
    ...block('DELETED FILES', treeOf(deletions)),
  ];
}

function postPrLines({ state, phases, notes, markers, halt, bugs = [] }: PostPrState): string[] {
  const phaseLines = postPrPhases.map(({ phase }): readonly [string, string] => {
    const note = notes[phase];
    return [phase, note === undefined ? phases[phase] : `${phases[phase]} (${oneLine(note)})`];
  });
  const marked = markers.length === 0 ? [] : [['markers', markers.join(', ')] as const];
  const why =
    halt === undefined ? [] : [['halted', oneLine([halt.reason, halt.detail].filter(Boolean).join(': '))] as const];
  const queued = bugs.map(({ command }) => ['queued', oneLine(command)] as const);
  return rows(0, [['state', state], ...why, ...phaseLines, ...marked, ...queued]);
}

function block(title: string, lines: readonly string[]): string[] {
  return ['', title, ...(lines.length === 0 ? ['none'] : lines).map((line) => `  ${line}`)];
}

function rows(indent: number, values: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...values.map(([name]) => name.length)) + 2;
  return values.map(([name, value]) => `${' '.repeat(indent)}${`${name}:`.padEnd(width)}${value}`);
}

/** An open breaker refuses a resume that says nothing about it. */
function haltRows(reason: string | undefined, breaker: BreakerState | undefined): (readonly [string, string])[] {
  if (reason === undefined) return [];
  const isOpen = breaker?.state === 'OPEN';
  return [
    ['Halted', oneLine(reason)],
    ['To go on', isOpen ? '`locus resume --reset-breaker` or `locus resume --probe`' : '`locus resume`'],
  ];
}

/** The name that scripts know, and the words that people read where they differ. */
function stateText(state: RunStateName): string {
  const words = stateLabels[state];
  return words.toUpperCase() === state ? state : `${state} (${words})`;
}

function sprintLine({ id, status, cycles }: PlanSprint): string {
  const mark = { completed: '[✓]', in_progress: '[→]', pending: '[ ]' }[status];
  return `  ${mark} ${oneLine(id)}${cycles > 0 ? ` (${counted(cycles, 'cycle')})` : ''}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function against(seconds: number, limitHours: number): string {
  return `${hoursAndMinutes(seconds)} / ${hoursAndMinutes(limitHours * 3600)}`;
}
