import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../e2e/support/wait.ts';
import { atGate, noteTaken } from './agents.ts';
import { kill } from './processes.ts';
import { atRandom, nextActivity } from './recovery.ts';
import type { Row } from './rows.ts';
import type { Scene } from './scene.ts';

const resumed = 'from the command that resumes to the next activity';

export const personRows: readonly Row[] = [
  {
    id: 'interrupt',
    fault: 'Ctrl+C while an agent works; then `locus run --resume`',
    full: 5,
    quick: 1,
    person: 'resumes',
    gated: true,
    clock: resumed,
    async strike(scene) {
      await atGate(scene);
      await delay(scene.random.between(0, 600));
      kill(scene.cli.process.pid, 'SIGINT');
      const { code } = await scene.cli.ended;
      if (code !== 130) throw new Error(`locus ended with exit code ${code} after Ctrl+C`);
      return goOn(scene);
    },
  },
  {
    id: 'halt',
    fault: '`locus halt` at a random moment; then `locus run --resume`',
    full: 6,
    quick: 0,
    person: 'resumes',
    clock: resumed,
    async strike(scene) {
      if (!(await atRandom(scene))) return null;
      const { code } = await scene.locus('halt');
      // The run may have ended in that very moment, or not have begun.
      if (code !== 0) return null;
      await scene.cli.ended;
      const halted = await until('the run is halted or over', () => statusOf(scene), 60);
      return halted === 'halted' ? goOn(scene) : null;
    },
  },
];

async function goOn(scene: Scene): Promise<number | null> {
  await noteTaken(scene);
  await scene.letGo();
  const since = Date.now();
  scene.run('--resume');
  return nextActivity(scene, since);
}

async function statusOf(scene: Scene): Promise<string | null> {
  const { stdout } = await scene.locus('status', '--json');
  const { status } = JSON.parse(stdout || '{}') as { status?: string };
  return status === 'halted' || status === 'no_run_in_progress' ? status : null;
}
