import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { LocusFailure } from '../domain/failures.ts';
import { resolveTemporal } from '../server/connection.ts';
import { commandToMakeCurrent, deploymentOf } from '../server/deployment.ts';
import { builtFile } from '../server/version.ts';
import { workerEnvironment, workerNodeOptions } from '../server/worker-environment.ts';

export interface WorkerOptions {
  readonly stateDir: string;
  /** Of Temporal's worker versioning; `LOCUS_DEPLOYMENT` by default. For a configured server alone. */
  readonly deployment?: string;
  /** How many workspaces of fleet runs this host holds at once: digits. `LOCUS_SLOTS` by default. */
  readonly slots?: string;
  /** Script to run; ours by default. */
  readonly script?: string;
}

/** `locus worker`: a worker in the foreground, for a configured server or the embedded one. */
export async function worker({
  stateDir,
  deployment: name = process.env.LOCUS_DEPLOYMENT,
  slots = process.env.LOCUS_SLOTS,
  script = builtFile('worker.js'),
}: WorkerOptions): Promise<number> {
  if (slots !== undefined && !/^[1-9]\d{0,3}$/.test(slots)) {
    throw new LocusFailure('UsageInvalid', `--slots takes a number from 1 on, not ${JSON.stringify(slots)}`);
  }
  const deployment = deploymentOf(name);
  const target = await resolveTemporal({ stateDir, onProgress: (line) => console.error(line) });
  console.error(
    `Worker for Temporal at ${target.address}, namespace ${target.namespace}. Ctrl+C stops it; agents go on.`,
  );
  if (deployment !== null && target.configured) {
    const { deploymentName, buildId } = deployment;
    console.error(`Build ${buildId} of the deployment ${deploymentName}. It gets no runs until it is the current one:`);
    console.error(`  ${commandToMakeCurrent(deployment)}`);
  }
  const child = spawn(process.execPath, [...workerNodeOptions, script], {
    stdio: 'inherit',
    env: workerEnvironment(stateDir, { LOCUS_DEPLOYMENT: name, LOCUS_SLOTS: slots }),
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
