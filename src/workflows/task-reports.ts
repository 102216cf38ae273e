import type { Failure } from '../domain/failures.ts';
import { toStatus } from '../domain/labels.ts';
import type { Run } from './run.ts';
import type { Tools } from './tools.ts';
import type { TrackerWrites } from './tracker-writes.ts';

/** Says on the tracker that an issue is worked on. `labels`: its status labels as just read; null: they were not. */
export function reportStarted(
  run: Run,
  tools: Tools,
  writes: TrackerWrites,
  issue: number,
  labels: readonly string[] | null,
): void {
  const change = toStatus('inProgress', labels ?? []);
  if (!run.input.settings.agent.autoLabel || change.add.length + change.remove.length === 0) return;
  const started = { issue, labels };
  writes.add(
    issue,
    () => tools.tracker.markStarted.executeWithOptions({ summary: `#${issue} in progress` }, [run.context, started]),
    { kind: 'markStarted', change: started },
  );
}

/** `started`: whether the issue carries the label `in progress` from this run; otherwise its labels are read first. */
export function reportDone(run: Run, tools: Tools, writes: TrackerWrites, issue: number, started: boolean): void {
  report(run, tools, writes, issue, null, started);
}

/** The task is over without a result: nobody works on the issue any more. */
export function reportLeft(run: Run, tools: Tools, writes: TrackerWrites, issue: number): void {
  if (!run.input.settings.agent.autoLabel) return;
  writes.add(issue, () =>
    tools.tracker.clearStatus.executeWithOptions({ summary: `#${issue} left` }, [run.context, { issue, labels: null }]),
  );
}

export function reportFailed(
  run: Run,
  tools: Tools,
  writes: TrackerWrites,
  issue: number,
  failure: Failure,
  started: boolean,
): void {
  report(run, tools, writes, issue, failure, started);
}

function report(
  run: Run,
  tools: Tools,
  writes: TrackerWrites,
  issue: number,
  failure: Failure | null,
  started: boolean,
): void {
  const { startedAt, finishedAt, pr, summary, failures } = run.task(issue);
  const kind = failure ? 'failed' : 'done';
  const details = {
    issue,
    kind,
    failure,
    pr,
    summary: summary ?? '',
    durationMs: (finishedAt ?? Date.now()) - (startedAt ?? Date.now()),
    labels: started ? toStatus('inProgress', []).add : null,
    mayExist: run.input.restarted || failures > (failure ? 1 : 0),
  } as const;
  // It has gone into the report; a thousand of them would not fit into a run's state.
  if (kind === 'done') run.update(issue, { summary: null });
  const write = (again: boolean) =>
    tools.tracker.reportResult.executeWithOptions({ summary: `#${issue} ${kind}` }, [
      run.context,
      { ...details, mayExist: details.mayExist || again },
    ]);
  writes.add(issue, write, { kind: 'reportResult', change: details });
}
