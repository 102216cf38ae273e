import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../client/connect.ts';
import { haltRun } from '../client/runs.ts';
import { type Activity, type Glance, watchRun } from '../client/watch.ts';
import { eventsBetween } from '../domain/events.ts';
import type { GatedProgress } from '../domain/gated/run-input.ts';
import { phaseOf } from '../domain/gated/status-view.ts';
import type { RunState } from '../domain/run.ts';
import { isGatedRunId } from '../domain/run-id.ts';
import { exitCodeOf, waitText } from '../domain/run-state.ts';
import type { Interruptions } from '../ui/interrupt.ts';
import type { Printer } from '../ui/printer.ts';

type Client = Engine['client'];

const interrupted = 130;
/** A worker that starts needs a second or two. */
const patienceMs = 10_000;
const halted = 3;
const longestFarewellMs = 200;

/** Shows a run until it has ended or halts; an interruption, where they are caught, halts it. Answers the exit code. */
export async function attach(
  client: Client,
  runId: string,
  printer: Printer,
  interruptions: Interruptions | null,
): Promise<number> {
  let halting = false;
  let sent: Promise<void> = Promise.resolve();
  const leave = new AbortController();
  interruptions?.tell({
    first() {
      halting = true;
      printer.note('stopping: the agent is being ended, what it made is kept (once more to leave at once)');
      // A gated run would finish its phase, which may take an hour.
      const force = isGatedRunId(runId);
      sent = haltRun(client, runId, 'interrupted by a person', force).catch((error: Error) =>
        printer.note(`the run could not be halted: ${error.message}`),
      );
    },
    // Pressed twice at once, the halt is still on its way.
    second() {
      void Promise.race([sent, delay(longestFarewellMs)]).then(() => leave.abort());
    },
  });
  const left = new Promise<number>((resolve) => leave.signal.addEventListener('abort', () => resolve(interrupted)));
  try {
    return await Promise.race([left, show(client, runId, printer, () => halting)]);
  } finally {
    leave.abort();
    interruptions?.close();
  }
}

async function show(client: Client, runId: string, printer: Printer, isHalting: () => boolean): Promise<number> {
  let before: RunState | null = null;
  const agents = new Map<number, string>();
  const trouble = { told: new Set<string>(), since: Date.now() };
  for await (const glance of watchRun(client, runId)) {
    const { state } = glance;
    if (state) {
      for (const event of eventsBetween(before, state)) printer.event(event);
      before = state;
    }
    tellAgents(runId, glance, agents, printer);
    tellTrouble(glance, trouble, printer);
    printer.status(statusOf(glance, isHalting()));
    if (state?.status === 'halted' && !glance.ended) {
      return isHalting() ? interrupted : halted;
    }
  }
  if (isHalting() && before?.status !== 'finished') return interrupted;
  return before ? exitCodeOf(before) : 1;
}

function tellAgents(runId: string, glance: Glance, told: Map<number, string>, printer: Printer): void {
  for (const { agent } of glance.activities) {
    if (!agent?.activity || told.get(agent.issue) === agent.activity) continue;
    told.set(agent.issue, agent.activity);
    const at = new Date().toISOString();
    printer.event({
      event: 'agent.event',
      runId,
      at,
      issue: agent.issue,
      text: agent.activity,
      costUsd: agent.costUsd,
    });
  }
}

/** Why nothing happens, said once for each reason while it lasts: nobody should have to guess. */
function tellTrouble(
  { state, activities }: Glance,
  trouble: { readonly told: Set<string>; since: number },
  printer: Printer,
): void {
  const texts = stuckIn(activities).map(({ name, problem }) => `${name} waits: ${problem}`);
  if (state || texts.length > 0) trouble.since = Date.now();
  else if (Date.now() - trouble.since > patienceMs) texts.push('no worker has taken the run yet; see `locus doctor`');
  if (texts.length === 0) trouble.told.clear();
  for (const text of texts) {
    if (!trouble.told.has(text)) printer.note(text);
    trouble.told.add(text);
  }
}

/** Always in the same order: the server has none. */
function stuckIn(activities: readonly Activity[]): Activity[] {
  return activities
    .filter(({ problem }) => problem)
    .sort((a, b) => (`${a.name} ${a.problem}` < `${b.name} ${b.problem}` ? -1 : 1));
}

/** What goes on right now, and why nothing does where nothing does. */
function statusOf({ state, activities }: Glance, halting: boolean): string {
  if (halting) return 'stopping';
  const [stuck] = stuckIn(activities);
  if (stuck) return `${stuck.name}, attempt ${stuck.attempt}: ${stuck.problem}`;
  if (!state) return 'waiting for a worker';
  if (state.waiting) return waitText(state.waiting, (at) => at.toLocaleTimeString());
  if (state.gated) return gatedStatus(state.gated, activities);
  const working = state.tasks.filter((task) => task.status === 'in_progress');
  const done = state.tasks.filter((task) => task.status === 'done').length;
  const now = working.map((task) => `#${task.issue} ${task.phase ?? ''}${detail(task.issue, activities)}`);
  return `${done}/${state.tasks.length}  ${now.join(', ')}`;
}

function gatedStatus(gated: GatedProgress, activities: readonly Activity[]): string {
  const agent = activities.find((activity) => activity.agent?.activity)?.agent;
  const doing = agent?.activity ? `: ${agent.activity}` : '';
  const { current, limit } = gated.run.cycles;
  return `${current > 0 ? `cycle ${current} of ${limit}, ` : ''}${phaseOf(gated)}${doing}`;
}

function detail(issue: number, activities: readonly Activity[]): string {
  const agent = activities.find((activity) => activity.agent?.issue === issue)?.agent;
  return agent?.activity ? `: ${agent.activity}` : '';
}
