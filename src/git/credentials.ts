import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Repository } from '../domain/workspace.ts';
import { type GitResult, tryGit } from './run.ts';

export interface RemoteCredentials {
  readonly username: string;
  readonly password: string;
  /** Scheme, host and port that it is for, such as `https://github.com`: no other server is ever told it. */
  readonly origin: string;
}

export interface RemoteAccess {
  readonly repository: Pick<Repository, 'commonDir'>;
  /** A remote's name, or an address. */
  readonly remote: string;
  /** Used where the remote is on its origin: over ssh, in folders and elsewhere the person's own access counts. */
  readonly token?: RemoteCredentials;
  readonly push?: boolean;
}

/** A remote of a repository, as somebody has access to it. */
export type Remote = RemoteAccess & { readonly repository: Repository };

/** What tells a remote from others, and whose access to it counts: never shown. */
export function addressOf({ repository, remote, token }: Remote): string {
  return JSON.stringify([repository.commonDir, repository.root, remote, token]);
}

/** Runs `work` with an environment in which one git command finds the token: no argument, no file, no config has it. */
export async function withCredentials<T>(
  access: RemoteAccess,
  work: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const env = await sshEnvironment(access.repository);
  if (access.token === undefined || !(await isOn(access, access.token.origin))) return work(env);
  const folder = await mkdtemp(join(tmpdir(), 'locus-askpass-'));
  try {
    const script = join(folder, 'askpass');
    await writeFile(script, askpass, { mode: 0o700 });
    const { username, password, origin } = access.token;
    const told = { LOCUS_GIT_USER: username, LOCUS_GIT_TOKEN: password, LOCUS_GIT_HOST: new URL(origin).host };
    const asked = { GIT_ASKPASS: script, ...told };
    return await work({ ...env, ...withoutHelper(), ...asked });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// A server may send git on to another one, which then asks as well.
const askpass = `#!/bin/sh
case "$1" in
  Username*"//$LOCUS_GIT_HOST'"*) printf '%s\\n' "$LOCUS_GIT_USER" ;;
  Password*"@$LOCUS_GIT_HOST'"* | Password*"//$LOCUS_GIT_HOST'"*) printf '%s\\n' "$LOCUS_GIT_TOKEN" ;;
  *) exit 1 ;;
esac
`;

/** ssh must not ask either; a command that the person chose is left alone. */
async function sshEnvironment(repository: RemoteAccess['repository']): Promise<Record<string, string>> {
  if (process.env.GIT_SSH_COMMAND !== undefined || process.env.GIT_SSH !== undefined) return {};
  const configured = await configOf(repository, ['config', '--get', 'core.sshCommand']);
  return configured.exitCode === 0 ? {} : { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' };
}

/** Whether the remote is on that server. */
export async function isOn({ repository, remote, push }: RemoteAccess, origin: string): Promise<boolean> {
  const found = await configOf(repository, ['remote', 'get-url', ...(push ? ['--push'] : []), '--', remote]);
  const address = (found.exitCode === 0 ? found.stdout : remote).trim();
  return URL.canParse(address) && new URL(address).origin === origin;
}

const keptMs = 10_000;
const answers = new Map<string, { readonly until: number; readonly said: Promise<GitResult> }>();

/** What a person's configuration says, asked again after ten seconds: each task needs it several times. */
function configOf(repository: RemoteAccess['repository'], args: readonly string[]): Promise<GitResult> {
  const key = [repository.commonDir, ...args].join('\0');
  const before = answers.get(key);
  if (before && before.until > Date.now()) return before.said;
  const said = tryGit(repository, args);
  answers.set(key, { until: Date.now() + keptMs, said });
  // One that was killed has told nothing.
  said.then(
    ({ exitCode }) => exitCode > 2 && answers.delete(key),
    () => answers.delete(key),
  );
  return said;
}

// An empty credential.helper forgets the configured ones, which would be told the token to keep.
function withoutHelper(): Record<string, string> {
  const count = Number(process.env.GIT_CONFIG_COUNT ?? '0');
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: 'credential.helper',
    [`GIT_CONFIG_VALUE_${count}`]: '',
  };
}
