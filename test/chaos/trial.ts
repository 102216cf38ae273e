import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { timesPassed } from './armed.ts';
import { type Finding, findingsOf, type Outcome } from './check.ts';
import { lookAt } from './look.ts';
import type { Rehearsal, Trial } from './plan.ts';
import { killAll } from './processes.ts';
import { openScene, type Scene } from './scene.ts';

export interface Result {
  readonly trial: Trial;
  readonly findings: readonly Finding[];
  readonly recoveryMs: number | null;
  readonly seconds: number;
  /** Where a failed trial's folder was put; null where all is well. */
  readonly kept: string | null;
  readonly passed: Rehearsal;
}

const patienceSeconds = 180;
const open = new Set<Scene>();

/** Leaves nothing of the trials that are under way. */
export async function breakOff(): Promise<void> {
  await Promise.all([...open].map(close));
}

/** Makes a run, strikes it, lets it end, looks at what there is. Never rejects: what breaks off is a finding. */
export async function runTrial(trial: Trial, length: number): Promise<Result> {
  const { row, seed, shape, point } = trial;
  const began = Date.now();
  const { gated = false, agent, diskMegabytes } = row;
  const scene = await openScene({
    ...{ shape, seed, length, gated },
    ...(agent ? { agent } : {}),
    ...(diskMegabytes ? { diskMegabytes } : {}),
  });
  open.add(scene);
  let recoveryMs: number | null = null;
  let outcome: Outcome | null = null;
  const findings: Finding[] = [];
  try {
    await row.before?.(scene);
    if (point) scene.points.arm(point.name, point.occurrence, row.id.startsWith('worker') ? 'kill' : 'wait');
    scene.run();
    recoveryMs = await row.strike(scene);
    outcome = await lookAt(scene, await ending(scene));
    findings.push(...findingsOf(outcome));
  } catch (error) {
    findings.push({ check: 'trial', kind: 'lost', text: error instanceof Error ? error.message : String(error) });
  }
  const passed = timesPassed(scene.points);
  const kept = findings.length > 0 ? await keep(scene, trial, findings, outcome) : null;
  await close(scene);
  return { trial, findings, recoveryMs, seconds: (Date.now() - began) / 1000, kept, passed };
}

async function close(scene: Scene): Promise<void> {
  await killAll(scene.world.folder);
  await scene.world.end();
  open.delete(scene);
}

/** Exit code of the `locus run` that shows the run to its end. */
async function ending(scene: Scene): Promise<number | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the run did not end in ${patienceSeconds} s`)), patienceSeconds * 1000);
  });
  try {
    return (await Promise.race([scene.cli.ended, late])).code;
  } finally {
    clearTimeout(timer);
  }
}

async function keep(scene: Scene, { row, seed }: Trial, findings: readonly Finding[], outcome: Outcome | null) {
  const folder = path.join(tmpdir(), 'locus-chaos-failed', `${row.id}-${seed}-${process.pid}`);
  await mkdir(folder, { recursive: true });
  const { world, repository, cli, taken } = scene;
  const told = {
    findings,
    outcome,
    taken,
    stdout: cli?.stdout(),
    stderr: cli?.stderr(),
    requests: repository.github.log,
  };
  await writeFile(path.join(folder, 'trial.json'), JSON.stringify(told, null, 2));
  for (const part of ['state', 'shop-1', 'points']) {
    const from = path.join(world.folder, part);
    // Sockets cannot be copied, and files of a running server change meanwhile.
    if (existsSync(from)) {
      const filter = (file: string) => !/\.sock$|node_modules/.test(file);
      await cp(from, path.join(folder, part), { recursive: true, filter }).catch(() => {});
    }
  }
  return folder;
}
