import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { World } from '../../test/e2e/support/world.ts';
import { median, repeat, timed } from '../measure.ts';
import { boundRow, ms, type Row, times } from '../row.ts';
import { makeStage } from '../stage.ts';

/** Milliseconds, medians. The first two: from the command's start to the agent's. */
export interface StartFigures {
  readonly cold: number;
  readonly warm: number;
  readonly help: number;
  readonly status: number;
  /** Node itself, with nothing to do. */
  readonly node: number;
}

export async function measureStart(world: World, rounds: number): Promise<StartFigures> {
  const stage = await makeStage(world, { issues: 1 });
  await stage.locus('run', '1');
  const each = await repeat(rounds, async () => ({
    warm: await toAgent(world),
    status: await stage.locus('status'),
    help: await stage.locus('--help'),
    node: await timed(() => promisify(execFile)(process.execPath, ['-e', '0'])),
    cold: await coldStart(world),
  }));
  const middle = (name: keyof StartFigures) => median(each.map((one) => one[name]));
  return {
    cold: middle('cold'),
    warm: middle('warm'),
    help: middle('help'),
    status: middle('status'),
    node: middle('node'),
  };
}

async function coldStart(world: World): Promise<number> {
  await world.locus(['down'], { cwd: world.folder });
  return toAgent(world);
}

async function toAgent(world: World): Promise<number> {
  const stage = await makeStage(world, { issues: 1 });
  const began = Date.now();
  await stage.locus('run', '1');
  const [started = 0] = await stage.starts();
  return started - began;
}

export function startRows({ cold, warm, help, status, node }: StartFigures): Row[] {
  const beside = (value: number) => `${times(value / node)} node's own ${ms(node)}`;
  return [
    boundRow('start: command to agent, no server yet', cold, 4000, ms),
    boundRow('start: command to agent, server up', warm, 800, ms),
    { ...boundRow('`locus --help`', help, 150, ms), beside: beside(help) },
    { ...boundRow('`locus status`', status, 500, ms), beside: beside(status) },
  ];
}
