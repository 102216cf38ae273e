import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LocusFailure } from '../domain/failures.ts';
import type { Provider, SandboxKind, SandboxMode } from '../domain/settings.ts';
import { dockerSandbox } from './docker/docker.ts';
import { hasSandbox, listSandboxes } from './docker/persistent.ts';
import { none } from './none/none.ts';
import { bubblewrap, probe as bubblewrapProbe } from './os/bubblewrap.ts';
import { sandboxExec, probe as sandboxExecProbe } from './os/sandbox-exec.ts';
import type { Sandbox } from './sandbox.ts';

export interface SandboxChoice {
  readonly sandbox: Sandbox;
  /** For people, where less is confined than was asked for. */
  readonly warning: string | null;
}

export interface SandboxRequest {
  readonly mode: SandboxMode;
  readonly provider: Provider;
  readonly dockerSandboxes: Readonly<Record<string, string>>;
  readonly env: Variables;
  readonly platform?: NodeJS.Platform;
  /** How long each trial of the system's sandbox may take; a machine under load gets a second, longer one. */
  readonly trialsMs?: readonly number[];
}

/**
 * Docker where the provider has a sandbox there, else the system's own, else none. Tries what it answers with. A trial
 * that says neither yes nor no is a SandboxUnavailable with a `retryAt`: it must not pass for a no.
 */
export async function chooseSandbox(request: SandboxRequest): Promise<SandboxChoice> {
  const { mode, provider, dockerSandboxes, env } = request;
  if (mode === 'off') return { sandbox: none, warning: null };

  const name = dockerSandboxes[provider];
  if (name !== undefined && (await hasSandbox(name, env))) return { sandbox: dockerSandbox(name), warning: null };
  const missing = name === undefined ? null : `the Docker sandbox ${name} does not exist`;

  const { system, refusal } = await tryOut(request);
  if (refusal === null) {
    return { sandbox: system, warning: missing && `${missing}, so ${system.title} confines the agent` };
  }
  const reason = missing === null ? refusal : `${missing}, and ${refusal}`;
  if (mode === 'require') throw new LocusFailure('SandboxUnavailable', `no sandbox can be had: ${reason}`);
  return { sandbox: none, warning: `the agent runs without a sandbox: ${reason}` };
}

/** The sandbox that was announced when the run was started, or a failure: never less. */
export async function announcedSandbox(kind: SandboxKind, request: SandboxRequest): Promise<Sandbox> {
  if (kind === 'none') return none;
  if (kind === 'docker') {
    const name = request.dockerSandboxes[request.provider] ?? '';
    if ((await listSandboxes(request.env)).includes(name)) return dockerSandbox(name);
    throw gone(`the Docker sandbox ${name} does not exist any more`);
  }
  const { system, refusal } = await tryOut(request);
  if (refusal === null) return system;
  throw gone(refusal);
}

function gone(reason: string): LocusFailure {
  const remedy = 'make it available again and resume the run, or start a new one with `locus run --fresh --no-sandbox`';
  return new LocusFailure('SandboxUnavailable', `the run was started with a sandbox, but ${reason}`, { remedy });
}

type Variables = Readonly<Record<string, string | undefined>>;

/** PATHs on which the system's sandbox was found to work: it is tried once in a process, not for each attempt. */
const worked = new Set<string>();
const usualTrialsMs = [5000, 30_000];
const nextTrialMs = 10_000;
/** Words of EAGAIN, ENOMEM and EMFILE. */
const isPassing = /temporarily unavailable|cannot allocate memory|too many open files/i;

/** A kernel may refuse what bubblewrap needs, so that its being installed says little. */
async function tryOut({ env, platform = process.platform, trialsMs = usualTrialsMs }: SandboxRequest) {
  const system = platform === 'darwin' ? sandboxExec : bubblewrap;
  const [program = '', ...args] = platform === 'darwin' ? sandboxExecProbe : bubblewrapProbe;
  const key = `${platform} ${env.PATH}`;
  if (worked.has(key)) return { system, refusal: null };
  let trouble = '';
  for (const timeout of trialsMs) {
    try {
      await promisify(execFile)(program, args, { env, timeout });
      worked.add(key);
      return { system, refusal: null };
    } catch (error) {
      const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
      if (code === 'ENOENT' || code === 'EACCES') return { system, refusal: `${program} is not installed` };
      if (typeof code === 'number' && !isPassing.test(stderr)) {
        return { system, refusal: `${program} does not work here: ${stderr.trim().split('\n').at(-1) || 'it failed'}` };
      }
      // It was not started, or has not ended in time: that says something about the machine's load, not about it.
      trouble =
        code === null || code === undefined ? `no answer in ${timeout / 1000} s` : stderr.trim() || String(code);
    }
  }
  throw new LocusFailure('SandboxUnavailable', `${program} could not be tried: ${trouble}`, {
    remedy: 'try again, or run with --no-sandbox',
    retryAt: Date.now() + nextTrialMs,
  });
}
