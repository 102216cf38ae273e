import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { World } from '../../test/e2e/support/world.ts';
import { median, repeat, timed } from '../measure.ts';
import { boundRow, ms, type Row, times } from '../row.ts';
import { makeStage } from '../stage.ts';

/** Milliseconds, medians. */
export interface StartFigures {
  readonly cold: RunFigures;
  readonly warm: RunFigures;
  readonly help: number;
  readonly status: number;
  /** Node itself, with nothing to do. */
  readonly node: number;
}

/** Of one issue, from the command's start. */
interface RunFigures {
  readonly toAgent: number;
  readonly toEnd: number;
}

export async function measureStart(world: World, rounds: number): Promise<StartFigures> {
  const stage = await makeStage(world, { issues: 1 });
  await stage.locus('run', '1');
  const each = await repeat(rounds, async () => ({
    warm: await runOne(world),
    status: await stage.locus('status'),
    help: await stage.locus('--help'),
    node: await timed(() => promisify(execFile)(process.execPath, ['-e', '0'])),
    cold: await coldStart(world),
  }));
  const middle = (figure: (one: (typeof each)[number]) => number) => median(each.map(figure));
  return {
    cold: { toAgent: middle(({ cold }) => cold.toAgent), toEnd: middle(({ cold }) => cold.toEnd) },
    warm: { toAgent: middle(({ warm }) => warm.toAgent), toEnd: middle(({ warm }) => warm.toEnd) },
    help: middle(({ help }) => help),
    status: middle(({ status }) => status),
    node: middle(({ node }) => node),
  };
}

async function coldStart(world: World): Promise<RunFigures> {
  await world.locus(['down'], { cwd: world.folder });
  return runOne(world);
}

async function runOne(world: World): Promise<RunFigures> {
  const stage = await makeStage(world, { issues: 1 });
  const began = Date.now();
  const toEnd = await stage.locus('run', '1');
  const [started = 0] = await stage.starts();
  return { toAgent: started - began, toEnd };
}

export function startRows({ cold, warm, help, status, node }: StartFigures): Row[] {
  const beside = (value: number) => `${times(value / node)} node's own ${ms(node)}`;
  return [
    boundRow('start: command to agent, no server yet', cold.toAgent, 4000, ms),
    boundRow('start: command to agent, server up', warm.toAgent, 800, ms),
    { what: 'start: the whole command for one issue, no server yet', seen: ms(cold.toEnd) },
    { what: 'start: the whole command for one issue, server up', seen: ms(warm.toEnd) },
    { ...boundRow('`locus --help`', help, 150, ms), beside: beside(help) },
    { ...boundRow('`locus status`', status, 500, ms), beside: beside(status) },
  ];
}
