import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LocusFailure } from '../domain/failures.ts';
import type { Provider, SandboxMode } from '../domain/settings.ts';
import { dockerSandbox } from './docker/docker.ts';
import { hasSandbox } from './docker/persistent.ts';
import { none } from './none/none.ts';
import { bubblewrap, probe as bubblewrapProbe } from './os/bubblewrap.ts';
import { sandboxExec, probe as sandboxExecProbe } from './os/sandbox-exec.ts';
import type { Sandbox } from './sandbox.ts';

export interface SandboxChoice {
  readonly sandbox: Sandbox;
  /** For people, where less is confined than was asked for. */
  readonly warning: string | null;
}

/** Docker where the provider has a sandbox there, else the system's own, else none. Tries what it answers with. */
export async function chooseSandbox(request: {
  readonly mode: SandboxMode;
  readonly provider: Provider;
  readonly dockerSandboxes: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
}): Promise<SandboxChoice> {
  const { mode, provider, dockerSandboxes, env, platform = process.platform } = request;
  if (mode === 'off') return { sandbox: none, warning: null };

  const name = dockerSandboxes[provider];
  if (name !== undefined && (await hasSandbox(name, env))) return { sandbox: dockerSandbox(name), warning: null };
  const missing = name === undefined ? null : `the Docker sandbox ${name} does not exist`;

  const system = platform === 'darwin' ? sandboxExec : bubblewrap;
  const probe = platform === 'darwin' ? sandboxExecProbe : bubblewrapProbe;
  const refusal = await tryOut(probe, env);
  if (refusal === null) {
    return { sandbox: system, warning: missing && `${missing}, so ${system.title} confines the agent` };
  }
  const reason = missing === null ? refusal : `${missing}, and ${refusal}`;
  if (mode === 'require') throw new LocusFailure('SandboxUnavailable', `no sandbox can be had: ${reason}`);
  return { sandbox: none, warning: `the agent runs without a sandbox: ${reason}` };
}

/** A kernel may refuse what bubblewrap needs, so that its being installed says little. */
async function tryOut(probe: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  const [program = '', ...args] = probe;
  try {
    await promisify(execFile)(program, args, { env, timeout: 5000 });
    return null;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') return `${program} is not installed`;
    return `${program} does not work here: ${stderr.trim().split('\n').at(-1) || 'it failed'}`;
  }
}
