import type { WorkerOptions } from '@temporalio/worker';
import { buildStamp, locusVersion } from './version.ts';

/** Names for Temporal's worker versioning. */
export interface Deployment {
  readonly deploymentName: string;
  /** Of our version and build: `0.1.0-0c3fd2a1`, the same on every host that has the same sources. */
  readonly buildId: string;
}

/** The build of a deployment that this worker is; null where none is named. */
export function deploymentOf(deploymentName: string | undefined): Deployment | null {
  if (!deploymentName) return null;
  return { deploymentName, buildId: [locusVersion(), buildStamp().slice(0, 8)].filter(Boolean).join('-') };
}

/**
 * For the worker that runs workflows alone: activities go to whichever worker holds their queue. Runs go on with the
 * current build; pinned to the one they began with, a halted run would wait for a worker that is gone.
 */
export function versioningOf(version: Deployment | null): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (version === null) return {};
  return {
    workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' },
  };
}

/** What an operator runs to give runs to this build: until then its worker gets none. */
export function commandToMakeCurrent({ deploymentName, buildId }: Deployment): string {
  return `temporal worker deployment set-current-version --deployment-name ${deploymentName} --build-id ${buildId}`;
}
