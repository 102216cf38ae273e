import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { LocusFailure } from '../domain/failures.ts';
import { compressCodec } from './compress.ts';
import { type EnsureKeeperOptions, ensureKeeper } from './keeper.ts';
import { readKeeper } from './keeper-file.ts';
import { sealCodec, sealKey } from './seal.ts';

/** What both `Connection.connect` and `NativeConnection.connect` take. */
export type TemporalConnectionOptions = Pick<NativeConnectionOptions, 'tls' | 'metadata' | 'apiKey'> & {
  readonly address: string;
};

export interface TemporalTarget {
  /** An address was given by the operator: nothing of ours is started. */
  readonly configured: boolean;
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  readonly connectionOptions: TemporalConnectionOptions;
  /** For clients and workers alike; the embedded server takes only what carries the seal of its state directory. */
  readonly dataConverter: { readonly payloadCodecs: PayloadCodec[] };
  /** Address of the Web UI without a slash at its end; null where it is not known. */
  readonly uiBase: string | null;
}

/** The Temporal server to use: the configured one, else the embedded one, which is started unless `start` is false. */
export async function resolveTemporal(
  options: EnsureKeeperOptions & { readonly start?: boolean },
): Promise<TemporalTarget> {
  const configured = await configuredTemporal();
  if (configured) return configured;
  const info = options.start === false ? await readKeeper(options.stateDir) : await ensureKeeper(options);
  if (!info?.address) {
    throw new LocusFailure('ServerUnavailable', 'the embedded Temporal server is not running', {
      remedy: 'start it with `locus up`, or set TEMPORAL_ADDRESS',
    });
  }
  return {
    configured: false,
    address: info.address,
    namespace: info.namespace,
    connectionOptions: { address: info.address },
    dataConverter: { payloadCodecs: [compressCodec(), sealCodec(await sealKey(options.stateDir))] },
    uiBase: info.uiBase,
  };
}

/** The server named by TEMPORAL_ADDRESS or by a temporal.toml profile, or null where neither names one. */
export async function configuredTemporal(env: NodeJS.ProcessEnv = process.env): Promise<TemporalTarget | null> {
  const { loadClientConnectConfig } = await import('./environment-config.ts');
  const overrideEnvVars = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
  let loaded: ReturnType<typeof loadClientConnectConfig>;
  try {
    loaded = loadClientConnectConfig({ overrideEnvVars });
  } catch (error) {
    // What envconfig 1.24 makes of a file without profiles.
    if (error instanceof TypeError) return null;
    const reason = `the Temporal client configuration cannot be used: ${(error as Error).message}`;
    throw new LocusFailure(
      'ConfigInvalid',
      reason,
      { remedy: 'correct the TEMPORAL_… variables or temporal.toml' },
      error,
    );
  }
  const { address, tls, apiKey, metadata } = loaded.connectionOptions;
  if (!address) return null;
  return {
    configured: true,
    address,
    namespace: loaded.namespace ?? 'default',
    connectionOptions: { address, tls, apiKey, metadata },
    dataConverter: { payloadCodecs: [compressCodec()] },
    uiBase: webUiOf(address, env),
  };
}

type WebUi = Pick<TemporalTarget, 'uiBase' | 'namespace'>;

/** The Web UI's list of workflows, or null where no Web UI is known. */
export function workflowsUrl({ uiBase, namespace }: WebUi): string | null {
  return uiBase === null ? null : `${uiBase}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}

/** The Web UI's page of one workflow, or null where no Web UI is known. */
export function workflowUrl(target: WebUi, workflowId: string): string | null {
  const list = workflowsUrl(target);
  return list === null ? null : `${list}/${encodeURIComponent(workflowId)}`;
}

function webUiOf(address: string, env: NodeJS.ProcessEnv): string | null {
  if (env.TEMPORAL_UI_ADDRESS) {
    const given = env.TEMPORAL_UI_ADDRESS.replace(/\/+$/, '');
    return /^https?:\/\//.test(given) ? given : `http://${given}`;
  }
  const host = address.replace(/:\d+$/, '');
  return host.endsWith('.tmprl.cloud') || host.endsWith('.api.temporal.io') ? 'https://cloud.temporal.io' : null;
}
