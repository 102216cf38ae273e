import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openWorld, type World } from '../test/e2e/support/world.ts';
import { measureMemory, memoryRows } from './cases/memory.ts';
import { measureParallel, parallelRows } from './cases/parallel.ts';
import { measureRecovery, recoveryRows } from './cases/recovery.ts';
import {
  eachRow,
  measureLargeParallel,
  measureLargeSprint,
  measureManyRuns,
  middleOf,
  scaleRows,
} from './cases/scale.ts';
import { measureSprint, profileOf, sprintRows, waitedFor } from './cases/sprint.ts';
import { measureStart, startRows } from './cases/start.ts';
import { measureThroughput, throughputRows } from './cases/throughput.ts';
import { repeat } from './measure.ts';
import { writePage } from './page.ts';
import { ms, type Section, tableOf } from './row.ts';
import { makeStage } from './stage.ts';

const { values: options } = parseArgs({
  options: {
    /** Under three minutes, judged by ratios alone, and written nowhere. */
    quick: { type: 'boolean', default: false },
    /** Names of cases, separated by commas. */
    only: { type: 'string' },
    /** Puts the figures of `--only` into RESULTS.md, too. */
    write: { type: 'boolean', default: false },
    /** Rounds that medians are taken of. */
    rounds: { type: 'string', default: '5' },
    /** Tasks of a large run. */
    tasks: { type: 'string', default: '1000' },
    /** Takes the figures in the form of jest's. */
    outputFile: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const tasks = Number(options.tasks);

type Case = (world: World) => Promise<Omit<Section, 'title'>>;

const full: Readonly<Record<string, Case>> = {
  async sprint(world) {
    // What takes a tenth of a second is soon measured, and soon disturbed.
    const at = (latencyMs: number) =>
      measureSprint(world, { latencyMs, issues: 20, rounds: latencyMs === 0 ? 3 * rounds : rounds });
    const [none, some, much] = [await at(0), await at(100), await at(350)];
    const rows = [...sprintRows(none, 1.5), ...sprintRows(some, null), ...sprintRows(much, 0.2), waitedFor(none, much)];
    return { rows, more: [...profileOf(none), ...profileOf(much)] };
  },
  async parallel(world) {
    const figures = await measureParallel(world, { issues: 6, agentSeconds: 2, latencyMs: 350, rounds });
    return { rows: parallelRows(figures, 1.25) };
  },
  start: async (world) => ({ rows: startRows(await measureStart(world, rounds)) }),
  memory: async (world) => ({ rows: memoryRows(await measureMemory(world, 6)) }),
  recovery: async () => ({ rows: recoveryRows(await measureRecovery(rounds)) }),
  throughput: async () => ({ rows: throughputRows(await measureThroughput(50, rounds)) }),
  async scale(world) {
    const sprint = scaleRows('sprint', await measureLargeSprint(world, tasks));
    const runs = await repeat(3, () => measureLargeParallel(world, tasks, 50));
    const parallel = [...scaleRows('parallel run', middleOf(runs)), eachRow('parallel run', runs)];
    const many = await measureManyRuns(world, 20, 5);
    return { rows: [...sprint, ...parallel, { what: '20 runs of 5 tasks at once: a task', seen: ms(many) }] };
  },
};

/** What CI looks at. A machine under load makes both halves of a ratio slower, but not alike: the limits are wide. */
const quick: Readonly<Record<string, Case>> = {
  async sprint(world) {
    const at = (latencyMs: number) => measureSprint(world, { latencyMs, issues: 10, rounds: 3 });
    return { rows: [...sprintRows(await at(0), 3), ...sprintRows(await at(350), 0.3)] };
  },
  async parallel(world) {
    const figures = await measureParallel(world, { issues: 6, agentSeconds: 2, latencyMs: 350, rounds: 2 });
    return { rows: parallelRows(figures, 1.6) };
  },
};

process.exitCode = await main();

async function main(): Promise<number> {
  const sections: Section[] = [];
  for (const [title, measure] of Object.entries(chosen())) {
    const section = { title, ...(await inWorld(measure)) };
    console.log(
      `\n## ${title}\n\n${tableOf(section.rows)}${(section.more ?? []).map((text) => `\n\n${text}`).join('')}`,
    );
    sections.push(section);
  }
  const judged = sections.flatMap(({ rows }) => rows).filter(({ met }) => met !== undefined);
  const failed = judged.filter(({ met }) => !met).length;
  if (!options.quick && (options.write || !options.only)) writePage(sections, Object.keys(full), rounds);
  if (options.outputFile) {
    const figures = { numPassedTests: judged.length - failed, numFailedTests: failed, numRuntimeErrorTestSuites: 0 };
    writeFileSync(options.outputFile, JSON.stringify(figures));
  }
  console.log(`\n${judged.length - failed} met, ${failed} not`);
  return failed > 0 && options.quick ? 1 : 0;
}

function chosen(): Record<string, Case> {
  const all = options.quick ? quick : full;
  if (!options.only) return all;
  const names = options.only.split(',');
  const unknown = names.find((name) => !Object.hasOwn(all, name));
  if (unknown !== undefined) throw new Error(`there is no case ${unknown}; there are ${Object.keys(all).join(', ')}`);
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

/** With a keeper that is up already. */
async function inWorld(measure: Case) {
  const world = await openWorld();
  try {
    await (await makeStage(world, { issues: 2, sprint: true })).locus('run', '--sprint', 'S');
    return await measure(world);
  } finally {
    await world.end();
  }
}
