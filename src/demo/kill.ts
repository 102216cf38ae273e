import { setTimeout as delay } from 'node:timers/promises';
import { readKeeper } from '../server/keeper-file.ts';
import { isAlive, isGone, type ProcessIdentity } from '../server/process.ts';
import { type AgentOutput, type AttemptOutput, agentProcess } from './agents.ts';
import type { Place } from './place.ts';

/** The worker's death in the middle of a task, as it really went. */
export interface Kill {
  readonly worker: number;
  readonly nextWorker: number;
  readonly agent: number;
  /** Whether the agent was still at work when the next worker had started. */
  readonly agentLived: boolean;
  /** Whether the next worker reported what the same agent said after the death of the first one. */
  readonly followed: boolean;
}

export interface Scene {
  readonly place: Place;
  readonly issue: number;
  readonly agents: AgentOutput;
  /** What the workers have reported of the agents so far. */
  readonly reported: readonly string[];
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

const linesBefore = 2;

/** Waits until the agent of a task is at work, kills the worker that follows it, and watches what becomes of both. */
export async function killWorker(scene: Scene): Promise<Kill> {
  const { place, issue, agents, reported, signal, say } = scene;
  const attempt = await until(signal, 'the agent works', () =>
    agents.attempts.find((each) => each.issue === issue && each.lines.length >= linesBefore),
  );
  const worker = await until(signal, 'the worker is known', async () => (await readKeeper(place.stateDir))?.worker);
  const agent = await agentProcess(attempt);
  if (agent === null) throw new Error('the agent had ended before the worker could be killed');

  process.kill(worker.pid, 'SIGKILL');
  if (!(await isGone(worker, 5_000))) throw new Error(`the worker, process ${worker.pid}, does not die`);
  await agents.read();
  const saidBefore = attempt.lines.length;
  say(`kill -9 ${worker.pid}: the worker is dead in the middle of #${issue}`);
  if (await isAlive(agent)) say(`the agent, process ${agent.pid}, works on without it`);

  const next = await until(signal, 'the keeper starts a new worker', () => newWorker(place, worker));
  const agentLived = await isAlive(agent);
  say(`the keeper has started a new worker, process ${next.pid}; after 5 s of silence Temporal gives it the task`);
  const saidAlone = () => attempt.lines.slice(saidBefore);
  const followed = await until(signal, 'the new worker finds the agent', async () => {
    if (saidAlone().some((line) => reported.includes(line))) return 'yes';
    return (await hasEnded(attempt, agent)) ? 'no' : null;
  });
  if (followed === 'yes')
    say(`it has found the same agent, process ${agent.pid}, and follows it: nothing is done twice`);
  return { worker: worker.pid, nextWorker: next.pid, agent: agent.pid, agentLived, followed: followed === 'yes' };
}

async function newWorker({ stateDir }: Place, old: ProcessIdentity): Promise<ProcessIdentity | null> {
  const worker = (await readKeeper(stateDir))?.worker ?? null;
  return worker !== null && worker.started !== old.started && (await isAlive(worker)) ? worker : null;
}

async function hasEnded(attempt: AttemptOutput, agent: ProcessIdentity): Promise<boolean> {
  return !(await isAlive(agent)) || (await agentProcess(attempt)) === null;
}

const patienceMs = 60_000;

async function until<T>(signal: AbortSignal, what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s in vain until ${what}`);
    await delay(50, undefined, { signal });
  }
}
