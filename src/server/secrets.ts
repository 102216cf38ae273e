import { z } from 'zod';
import type { KeeperInfo } from './keeper-file.ts';
import { readKeeper } from './keeper-file.ts';
import { ask } from './socket.ts';

/** What a run needs and must not carry. Held in memory alone. */
export interface Secrets {
  readonly token: string | null;
  /** Variables for the agent. */
  readonly env: Readonly<Record<string, string>>;
}

export interface TokenSearch {
  /** Null in a command, which has no business with what other commands handed over. */
  readonly stateDir: string | null;
  readonly scope: string;
  /** The tracker's API address; it names the host that `gh` is asked about. */
  readonly apiUrl: string;
  readonly env?: NodeJS.ProcessEnv;
}

const SecretsAnswer = z.object({
  secrets: z.object({ token: z.string().nullable(), env: z.record(z.string(), z.string()) }).nullable(),
});

const ghMs = 5_000;

/** What secrets are kept under: the API's address and the repository. */
export function githubScope(apiUrl: string, owner: string, repo: string): string {
  return `${apiUrl.replace(/\/+$/, '')}|${owner}/${repo}`.toLowerCase();
}

export function localScope(commonDir: string): string {
  return `local|${commonDir}`;
}

/** Gives the keeper what its worker will need for a repository. Variables that were given before stay, unless it `replaces` them. */
export async function handOver(info: KeeperInfo, scope: string, secrets: Secrets, replaces = true): Promise<void> {
  await ask(info.socket, { kind: 'put', scope, ...secrets, replaces });
}

/** What was handed over for a repository; null where nothing was, or no keeper lives. */
export async function fetchSecrets(stateDir: string, scope: string): Promise<Secrets | null> {
  const info = await readKeeper(stateDir);
  if (info === null) return null;
  const answer = await ask(info.socket, { kind: 'get', scope }).catch(() => null);
  return SecretsAnswer.safeParse(answer).data?.secrets ?? null;
}

/** The tracker's token: from the keeper, else the environment, else `gh`; null where none has it. */
export async function lookUpToken({ stateDir, scope, apiUrl, env = process.env }: TokenSearch): Promise<string | null> {
  const kept = stateDir === null ? null : await fetchSecrets(stateDir, scope);
  return kept?.token || env.GITHUB_TOKEN || env.GH_TOKEN || (await askGh(apiUrl, env));
}

async function askGh(apiUrl: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const host = ghHost(apiUrl);
  if (host === null) return null;
  const { execa } = await import('execa');
  const { stdout, exitCode } = await execa('gh', ['auth', 'token', '--hostname', host], {
    reject: false,
    timeout: ghMs,
    stdin: 'ignore',
    env,
    extendEnv: false,
  });
  return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : null;
}

function ghHost(apiUrl: string): string | null {
  if (!URL.canParse(apiUrl)) return null;
  const { hostname } = new URL(apiUrl);
  return hostname === 'api.github.com' ? 'github.com' : hostname;
}
