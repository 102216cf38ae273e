import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Repository } from '../domain/workspace.ts';
import { tryGit } from './run.ts';

export interface RemoteCredentials {
  readonly username: string;
  readonly password: string;
}

export interface RemoteAccess {
  readonly repository: Repository;
  /** A remote's name, or an address. */
  readonly remote: string;
  /** Used for https alone: over ssh and in folders the person's own access counts. */
  readonly token?: RemoteCredentials;
  readonly push?: boolean;
}

/** Runs `work` with an environment in which one git command finds the token: no argument, no file, no config has it. */
export async function withCredentials<T>(
  access: RemoteAccess,
  work: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const env = await sshEnvironment(access.repository);
  if (access.token === undefined || !(await isHttps(access))) return work(env);
  const folder = await mkdtemp(join(tmpdir(), 'locus-askpass-'));
  try {
    const script = join(folder, 'askpass');
    await writeFile(script, askpass, { mode: 0o700 });
    const { username, password } = access.token;
    const asked = { GIT_ASKPASS: script, LOCUS_GIT_USER: username, LOCUS_GIT_TOKEN: password };
    return await work({ ...env, ...withoutHelper(), ...asked });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const askpass = `#!/bin/sh
case "$1" in
  Username*) printf '%s\\n' "$LOCUS_GIT_USER" ;;
  *) printf '%s\\n' "$LOCUS_GIT_TOKEN" ;;
esac
`;

/** ssh must not ask either; a command that the person chose is left alone. */
async function sshEnvironment(repository: Repository): Promise<Record<string, string>> {
  if (process.env.GIT_SSH_COMMAND !== undefined || process.env.GIT_SSH !== undefined) return {};
  const configured = await tryGit(repository, ['config', '--get', 'core.sshCommand']);
  return configured.exitCode === 0 ? {} : { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' };
}

async function isHttps({ repository, remote, push }: RemoteAccess): Promise<boolean> {
  const found = await tryGit(repository, ['remote', 'get-url', ...(push ? ['--push'] : []), '--', remote]);
  return (found.exitCode === 0 ? found.stdout : remote).trim().startsWith('https://');
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
