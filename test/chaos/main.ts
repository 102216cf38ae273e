import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildStamp } from '../../src/server/version.ts';
import { Notes } from './notes.ts';
import { writePage } from './page.ts';
import { control, type Rehearsals, rows, type Trial, trialOf, trialsOf } from './plan.ts';
import { parallel, sprint } from './shapes.ts';
import { breakOff, type Result, runTrial } from './trial.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** Id of a row. */
    only: { type: 'string' },
    seed: { type: 'string' },
    /** Trials at a time. */
    jobs: { type: 'string', default: '2' },
    /** Takes the figures in the form of jest's. */
    outputFile: { type: 'string' },
  },
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => breakOff().finally(() => process.exit(1)));
}
process.exitCode = await main();

async function main(): Promise<number> {
  const results: Result[] = [];
  const rehearsals = await rehearse(results);
  if (rehearsals === null) return summary(results);
  const lengths = new Map([sprint, parallel].map((shape) => [shape, total(rehearsals[shape.name])]));
  const all = chosen(rehearsals);
  const isFull = !options.quick && !options.only;
  const notes = isFull ? new Notes() : null;
  const earlier = notes?.resultsOf(all) ?? [];
  results.push(...earlier);
  const isDone = (trial: Trial) => earlier.some((result) => result.trial === trial);
  const trials = all.filter((trial) => !isDone(trial));
  console.log(`${trials.length} trials more${earlier.length > 0 ? `, ${earlier.length} were made before` : ''}`);
  const lane = async (waiting: Trial[]) => {
    for (let trial = waiting.shift(); trial; trial = waiting.shift()) {
      const result = await runTrial(trial, lengths.get(trial.shape) ?? 0);
      results.push(result);
      notes?.add(result);
      print(result);
    }
  };
  // What is measured against a target is measured alone.
  await lane(trials.filter(({ row }) => row.target));
  const others = shuffled(trials.filter(({ row }) => !row.target));
  await Promise.all(Array.from({ length: Number(options.jobs) }, () => lane(others)));
  if (isFull) writePage(results, Number(options.jobs));
  notes?.forget();
  return summary(results);
}

/** Two runs that nothing happens to say which points there are. A single row uses what the same build has told before. */
async function rehearse(results: Result[]): Promise<Rehearsals | null> {
  const memory = path.join(tmpdir(), `locus-chaos-${buildStamp()}.json`);
  if (options.only && existsSync(memory)) return remembered(JSON.parse(readFileSync(memory, 'utf8')));
  const one = async (shape: Trial['shape'], seed: number) => {
    const result = await runTrial({ row: control, seed, shape, point: null }, 0);
    results.push(result);
    print(result);
    return [...result.passed];
  };
  const [inTurn, sideBySide] = await Promise.all([one(sprint, 0), one(parallel, 1)]);
  const passed = { sprint: inTurn, parallel: sideBySide };
  if (results.some(({ findings }) => findings.length > 0)) return null;
  writeFileSync(memory, JSON.stringify(passed));
  return remembered(passed);
}

function remembered(passed: Record<'sprint' | 'parallel', [string, number][]>): Rehearsals {
  return { sprint: new Map(passed.sprint), parallel: new Map(passed.parallel) };
}

function chosen(rehearsals: Rehearsals): Trial[] {
  const { quick, only, seed } = options;
  const faults = rows.filter((row) => row !== control);
  if (!only) return faults.flatMap((row) => trialsOf(row, rehearsals, quick));
  const row = faults.find(({ id }) => id === only);
  if (!row) throw new Error(`there is no row ${only}; there are ${faults.map(({ id }) => id).join(', ')}`);
  return seed ? [trialOf(row, Number(seed), rehearsals, quick)] : trialsOf(row, rehearsals, quick);
}

/** So that the long ones do not all come at the end. */
function shuffled(trials: Trial[]): Trial[] {
  return trials
    .map((trial, index) => ({ trial, at: (index * 0.618) % 1 }))
    .sort((a, b) => a.at - b.at)
    .map(({ trial }) => trial);
}

function total(rehearsal: ReadonlyMap<string, number>): number {
  return [...rehearsal.values()].reduce((sum, count) => sum + count, 0);
}

function print({ trial, findings, recoveryMs, seconds, kept }: Result): void {
  const { row, seed, shape, point } = trial;
  const where = point ? ` ${point.name}:${point.occurrence}` : '';
  const recovered = recoveryMs === null ? '' : `  recovered in ${(recoveryMs / 1000).toFixed(1)} s`;
  const verdict = findings.length === 0 ? 'ok    ' : 'FAILED';
  console.log(`${verdict} ${row.id} --seed ${seed}  ${shape.name}${where}${recovered}  (${seconds.toFixed(0)} s)`);
  for (const { check, kind, text } of findings) console.log(`         ${kind}, ${check}: ${text}`);
  if (kept === null) return;
  const quick = options.quick ? ' --quick' : '';
  console.log(`         kept in ${kept}\n         again: npm run chaos --${quick} --only ${row.id} --seed ${seed}`);
}

function summary(results: readonly Result[]): number {
  const failed = results.filter(({ findings }) => findings.length > 0).length;
  const passed = results.length - failed;
  if (options.outputFile) {
    const figures = { numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: 0 };
    writeFileSync(options.outputFile, JSON.stringify(figures));
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
