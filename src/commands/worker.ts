import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolveTemporal } from '../server/connection.ts';
import { builtFile } from '../server/version.ts';

export interface WorkerOptions {
  readonly stateDir: string;
  /** Script to run; ours by default. */
  readonly script?: string;
}

/** `locus worker`: a worker in the foreground, for a configured server or the embedded one. */
export async function worker({ stateDir, script = builtFile('worker.js') }: WorkerOptions): Promise<number> {
  const target = await resolveTemporal({ stateDir, onProgress: (line) => console.error(line) });
  console.error(
    `Worker for Temporal at ${target.address}, namespace ${target.namespace}. Ctrl+C stops it; agents go on.`,
  );
  const child = spawn(process.execPath, [script], {
    stdio: 'inherit',
    env: { ...process.env, LOCUS_STATE_DIR: stateDir },
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  // A terminal sends Ctrl+C to the worker as well: passing it on would be a second one.
  const interrupt = () => process.stdin.isTTY || child.kill('SIGINT');
  process.on('SIGTERM', forward).on('SIGHUP', forward).on('SIGINT', interrupt);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    process.off('SIGTERM', forward).off('SIGHUP', forward).off('SIGINT', interrupt);
  }
}
