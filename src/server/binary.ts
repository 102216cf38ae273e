import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../disk/program.ts';
import { LocusFailure } from '../domain/failures.ts';
import { downloadTemporal } from './binary-download.ts';
import { buildTemporal } from './binary-go.ts';
import { takeLock } from './lock.ts';
import { refusal } from './program.ts';

/** The version that is downloaded or built. From 1.6.0 on, `go install` refuses it because of a replace directive. */
export const temporalVersion = '1.5.1';

export interface FindBinaryOptions {
  readonly cacheDir: string;
  readonly onProgress: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  /** Where the official archives are; for tests. */
  readonly downloadUrl?: string;
}

/**
 * The path of a `temporal` program that can run the embedded server: the one named by LOCUS_TEMPORAL_BINARY or
 * TEMPORAL_CLI, else from the PATH, else from our cache, else downloaded, else built with Go.
 */
export async function findTemporalBinary(options: FindBinaryOptions): Promise<string> {
  const env = options.env ?? process.env;
  const named = env.LOCUS_TEMPORAL_BINARY || env.TEMPORAL_CLI;
  if (named) return requireNamed(named, env);
  const installed = findProgram('temporal', env.PATH);
  if (installed !== null && (await refusal(installed, env)) === null) return installed;
  const cached = cachedBinary(options.cacheDir);
  if ((await refusal(cached, env)) === null) return cached;
  await mkdir(path.dirname(cached), { recursive: true });
  const release = await waitForLock(`${cached}.lock`, options.onProgress);
  try {
    if ((await refusal(cached, env)) === null) return cached;
    return await obtain(cached, installed, { ...options, env });
  } finally {
    await release();
  }
}

/** Which way `findTemporalBinary` would go without a download or build, for people; null where it would need one. */
export async function presentBinary(cacheDir: string, env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  const named = env.LOCUS_TEMPORAL_BINARY || env.TEMPORAL_CLI;
  for (const candidate of [named ?? findProgram('temporal', env.PATH), cachedBinary(cacheDir)]) {
    if (candidate && (await refusal(candidate, env)) === null) return candidate;
  }
  return null;
}

export function cachedBinary(cacheDir: string): string {
  return path.join(cacheDir, 'bin', `temporal-${temporalVersion}`);
}

async function requireNamed(named: string, env: NodeJS.ProcessEnv): Promise<string> {
  const reason = await refusal(named, env);
  if (reason === null) return named;
  throw new LocusFailure(
    'ServerUnavailable',
    `the Temporal program that the environment names cannot be used: ${reason}`,
    {
      remedy: 'correct or unset LOCUS_TEMPORAL_BINARY and TEMPORAL_CLI',
    },
  );
}

type Obtaining = FindBinaryOptions & { readonly env: NodeJS.ProcessEnv };

async function obtain(target: string, installed: string | null, options: Obtaining): Promise<string> {
  const path = installed === null ? 'no `temporal` there' : await refusal(installed, options.env);
  const ways = [`on the PATH: ${path}`, `in the cache: no ${target}`];
  for (const [name, way] of [
    ['download', downloadTemporal],
    ['go install', buildTemporal],
  ] as const) {
    try {
      await way({ target, version: temporalVersion, ...options });
      return target;
    } catch (error) {
      ways.push(`${name}: ${(error as Error).message}`);
    }
  }
  throw new LocusFailure('ServerUnavailable', `no Temporal server can be had. Tried ${ways.join('; ')}`, {
    remedy:
      'install the Temporal CLI (https://docs.temporal.io/cli), or Go 1.25 or later, or set TEMPORAL_ADDRESS to a server that runs elsewhere',
  });
}

async function waitForLock(file: string, onProgress: (line: string) => void): Promise<() => Promise<void>> {
  for (let waited = 0; ; waited += 1) {
    const release = await takeLock(file);
    if (release !== null) return release;
    if (waited === 0) onProgress('another process is getting the Temporal server, waiting for it');
    await sleep(500);
  }
}
