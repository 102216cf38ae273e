import { appendFileSync } from 'node:fs';
import { openWorld } from '../test/e2e/support/world.ts';
import { makeStage, keeperOf } from './stage.ts';
import { cpuOf } from './measure.ts';
import { historiesOf } from './history.ts';
const n = Number(process.argv[2] ?? 5), latencyMs = Number(process.argv[3] ?? 0);
const world = await openWorld();
try {
  await (await makeStage(world, { issues: 3 })).locus('run', '--sprint', 'S');
  appendFileSync('/tmp/gitwrap/log', '=====\n');
  const k = await keeperOf(world);
  const before = [cpuOf(k.server!.pid), cpuOf(k.worker!.pid)];
  const stage = await makeStage(world, { issues: n, latencyMs });
  const took = await stage.locus('run', '--sprint', 'S');
  const after = [cpuOf(k.server!.pid), cpuOf(k.worker!.pid)];
  const starts = await stage.starts();
  console.log('whole', took / n, 'task', (starts.at(-1)! - starts[0]!) / (n - 1));
  console.log('cpu/task: server', (after[0]!.own - before[0]!.own) / n, 'worker', (after[1]!.own - before[1]!.own) / n, 'children', (after[1]!.children - before[1]!.children) / n);
  const [told] = await historiesOf(k.address, k.namespace, `locus/acme/${stage.repository.github.repo}/`);
  console.log(told!.events / n, told!.workflowTasks / n); console.table(told!.steps);
  const bare = await makeStage(world, { issues: n, latencyMs });
  const b = await bare.bareLoop(); const bs = await bare.starts();
  console.log('bare whole', b / n, 'task', (bs.at(-1)! - bs[0]!) / (n - 1));
} finally { await world.end(); }
