import { Client, Connection } from '@temporalio/client';
import { median } from './measure.ts';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

export interface StepTimes {
  readonly activity: string;
  readonly times: number;
  /** Milliseconds, medians: from scheduled to started, and from started to ended. */
  readonly wait: number;
  readonly run: number;
}

/** What the server remembers of one workflow. */
export interface Told {
  readonly events: number;
  readonly workflowTasks: number;
  readonly steps: readonly StepTimes[];
}

/** Reads the history of each workflow whose id begins with `prefix`, continued ones run by run. */
export async function historiesOf(address: string, namespace: string, prefix: string): Promise<Told[]> {
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection, namespace });
    const told: Told[] = [];
    for await (const { workflowId, runId } of workflow.list({ query: `WorkflowId STARTS_WITH "${prefix}"` }))
      told.push(tell((await workflow.getHandle(workflowId, runId).fetchHistory()).events ?? []));
    return told;
  } finally {
    await connection.close();
  }
}

function tell(events: readonly Event[]): Told {
  const scheduled = new Map<string, { readonly name: string; readonly at: number }>();
  const started = new Map<string, number>();
  const steps = new Map<string, { readonly wait: number; readonly run: number }[]>();
  for (const event of events) {
    const at = timeOf(event);
    const asked = event.activityTaskScheduledEventAttributes;
    if (asked) scheduled.set(String(event.eventId), { name: asked.activityType?.name ?? '', at });
    const taken = event.activityTaskStartedEventAttributes;
    if (taken) started.set(String(taken.scheduledEventId), at);
    const ended = event.activityTaskCompletedEventAttributes ?? event.activityTaskFailedEventAttributes;
    if (!ended) continue;
    const id = String(ended.scheduledEventId);
    const { name, at: since } = scheduled.get(id) ?? { name: '', at };
    const began = started.get(id) ?? since;
    steps.set(name, [...(steps.get(name) ?? []), { wait: began - since, run: at - began }]);
  }
  return {
    events: events.length,
    workflowTasks: events.filter((event) => event.workflowTaskCompletedEventAttributes).length,
    steps: [...steps].map(([activity, times]) => ({
      activity,
      times: times.length,
      wait: median(times.map(({ wait }) => wait)),
      run: median(times.map(({ run }) => run)),
    })),
  };
}

function timeOf({ eventTime }: Event): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
}
