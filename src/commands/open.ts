import { execa } from 'execa';
import { LocusFailure } from '../domain/failures.ts';
import { type TemporalTarget, workflowsUrl, workflowUrl } from '../server/connection.ts';

export interface OpenOptions {
  /** Workflow id; null for the list of all runs. */
  readonly runId: string | null;
  /** Print the address and open nothing. */
  readonly print: boolean;
}

export interface OpenDeps {
  readonly target: Pick<TemporalTarget, 'uiBase' | 'namespace'>;
  readonly env?: NodeJS.ProcessEnv;
  readonly isTerminal?: boolean;
}

/** `locus open`: prints the address of a run in Temporal's Web UI, and opens it where there is a browser to open. */
export async function open({ runId, print }: OpenOptions, deps: OpenDeps): Promise<number> {
  const { target, env = process.env, isTerminal = process.stdout.isTTY } = deps;
  const url = runId === null ? workflowsUrl(target) : workflowUrl(target, runId);
  if (url === null) {
    throw new LocusFailure('ServerUnavailable', 'the address of the Web UI is not known', {
      remedy: 'set TEMPORAL_UI_ADDRESS, for example to http://temporal.example:8080',
    });
  }
  console.log(url);
  const opener = print || !isTerminal ? null : openerFor(env);
  if (opener !== null) await execa(opener, [url], { reject: false, stdio: 'ignore', timeout: 10_000 });
  return 0;
}

function openerFor(env: NodeJS.ProcessEnv): string | null {
  if (process.platform === 'darwin') return env.SSH_CONNECTION ? null : 'open';
  return env.DISPLAY || env.WAYLAND_DISPLAY ? 'xdg-open' : null;
}
