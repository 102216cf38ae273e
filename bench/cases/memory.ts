import { setTimeout as delay } from 'node:timers/promises';
import { processesOf } from '../../test/chaos/processes.ts';
import { until } from '../../test/e2e/support/wait.ts';
import type { World } from '../../test/e2e/support/world.ts';
import { memoryOf } from '../measure.ts';
import { boundRow, type Row } from '../row.ts';
import { keeperOf, makeStage } from '../stage.ts';

/** Resident memory in MB. */
export interface MemoryFigures {
  readonly keeper: number;
  readonly server: number;
  readonly workerIdle: number;
  /** With so many agents at work. */
  readonly workerBusy: number;
  readonly agents: number;
  /** Both shells of one agent's host. */
  readonly host: number;
  /** A `locus run` that follows. */
  readonly cli: number;
}

export async function measureMemory(world: World, agents: number): Promise<MemoryFigures> {
  await world.locus(['down'], { cwd: world.folder });
  await (await makeStage(world, { issues: 1 })).locus('run', '1');
  await delay(3000);
  const { keeper, server, worker } = await keeperOf(world);
  const now = (pid = 0) => memoryOf(pid).now;
  const idle = now(worker?.pid);
  const stage = await makeStage(world, { issues: agents, agentSeconds: 5, agent: { maxParallel: agents } });
  const running = stage.repository.start(['run', ...stage.issues.map(String)]);
  await until(`${agents} agents work`, async () => (await stage.starts()).length === agents);
  await delay(1000);
  const busy = now(worker?.pid);
  const hosts = processesOf(world.folder).filter(({ command }) => command.includes('host.sh'));
  const host = hosts.reduce((sum, { pid }) => sum + now(pid), 0) / agents;
  const cli = now(running.process.pid);
  await running.ended;
  return {
    keeper: now(keeper.pid),
    server: now(server?.pid),
    workerIdle: idle,
    workerBusy: busy,
    agents,
    host,
    cli,
  };
}

export function memoryRows(figures: MemoryFigures): Row[] {
  const { keeper, server, workerIdle, workerBusy, agents, host, cli } = figures;
  const row = (what: string, value: number): Row => ({ what: `memory: ${what}`, seen: megabytes(value) });
  return [
    row('worker, idle', workerIdle),
    row(`worker, ${agents} agents at work`, workerBusy),
    boundRow("memory: one agent's host", host, 8, megabytes),
    row('`locus run` that follows', cli),
    row('keeper', keeper),
    row('Temporal server', server),
  ];
}

export function megabytes(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} MB`;
}
