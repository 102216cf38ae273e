import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent } from '../domain/events.ts';
import { LocusFailure } from '../domain/failures.ts';
import { agentOutput, agentStarts } from './agents.ts';
import { collectEvidence, type Evidence } from './evidence.ts';
import { type Kill, killWorker } from './kill.ts';
import { openPage } from './page.ts';
import type { Place } from './place.ts';
import { type SprintRun, startSprint } from './sprint.ts';

/** The task in whose middle the worker dies. */
const fatalTask = 2;

export interface Shown extends Evidence {
  readonly runId: string;
}

/** Runs the sprint, kills its worker, shows both, and looks at what came of it. */
export async function showSprint(place: Place, signal: AbortSignal): Promise<Shown> {
  const leave = new AbortController();
  const stop = AbortSignal.any([signal, leave.signal]);
  const page = openPage();
  const agents = agentOutput(place.attemptsDir, page.agentSaid);
  const reported: string[] = [];
  const run = startSprint(place, page.warning);
  signal.addEventListener('abort', () => void run.leave());
  const tell = async (event: RunEvent) => {
    if (event.event === 'agent.event') {
      reported.push(event.text);
      return;
    }
    // The agent's last words come before the news of its end.
    await agents.read();
    page.event(event);
  };
  // What cannot be read is told by the reading in `tell`.
  const reading = readAlong(agents.read, stop).catch(() => {});
  const killing = killWorker({ place, issue: fatalTask, agents, reported, signal: stop, say: page.demoDid }).catch(
    (error: Error) => error.message,
  );
  try {
    const finished = await toItsEnd(run, tell);
    const exitCode = await run.ended;
    const kill = await settled(killing, stop);
    await agents.read();
    const evidence = await collectEvidence(place, { exitCode, finished, agentStarts: agentStarts(agents), kill });
    return { ...evidence, runId: finished.runId };
  } finally {
    leave.abort();
    await run.leave();
    await reading;
    await agents.close();
    page.close();
  }
}

type Finished = Extract<RunEvent, { readonly event: 'run.finished' }>;

async function toItsEnd(run: SprintRun, tell: (event: RunEvent) => Promise<void>): Promise<Finished> {
  let finished: Finished | null = null;
  for await (const event of run.events) {
    await tell(event);
    if (event.event === 'run.finished') finished = event;
  }
  if (finished !== null) return finished;
  const said = [`\`locus run\` ended with exit code ${await run.ended}`, ...run.notes].join('\n  ');
  throw new LocusFailure('WorkspaceBroken', said, {
    remedy: 'what it said is above; `locus doctor` says what is missing',
  });
}

/** The run is over: what the kill has not seen by now, it will not see. */
async function settled(killing: Promise<Kill | string>, stop: AbortSignal): Promise<Kill | string> {
  const late = delay(3_000, 'it took too long', { signal: stop }).catch(() => '');
  return Promise.race([killing, late]);
}

async function readAlong(read: () => Promise<void>, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await read();
    await delay(100, undefined, { signal: stop }).catch(() => {});
  }
}
