import type { Octokit } from 'octokit';
import type { z } from 'zod';
import { LocusFailure } from '../../domain/failures.ts';
import { type Subject, toFailure } from './failures.ts';
import { type Governor, governorOf } from './governor.ts';

export interface GitHubOptions {
  /** Without a slash at its end: `https://api.github.com`, `https://ghe.example/api/v3`. */
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly token: string;
  /** Called before each HTTP request, so that calls can be counted. */
  readonly onRequest?: (request: { readonly method: string; readonly path: string }) => void;
  /** Milliseconds after which a request counts as lost. */
  readonly timeoutMs?: number;
  /** How long after the first request others may still be held back by GitHub's limits, before they are refused. */
  readonly patienceMs?: number;
  /** Told why, before a wait for these limits that somebody would notice. */
  readonly onWait?: (why: string) => void;
  /** Instead of the one that all of the account's requests share; null: none. */
  readonly governor?: Governor | null;
}

/** Sends one request, or all pages of one, and checks what comes back. Rejects with a LocusFailure. */
export type Call = <T>(
  schema: z.ZodType<T>,
  send: (octokit: Octokit) => Promise<unknown>,
  issue?: number,
) => Promise<T>;

const defaultTimeoutMs = 30_000;
/** An activity has 2 minutes, for several requests. */
const defaultPatienceMs = 20_000;

export function createCall(options: GitHubOptions): Call {
  checkOptions(options);
  const send = createSend(options);
  let octokit: Promise<Octokit> | undefined;
  return async (schema, request, issue) => {
    const subject: Subject = { owner: options.owner, repo: options.repo, ...(issue === undefined ? {} : { issue }) };
    try {
      octokit ??= createOctokit(options, send);
      return schema.parse(await request(await octokit));
    } catch (error) {
      throw toFailure(error, subject);
    }
  };
}

function checkOptions({ apiUrl, token }: GitHubOptions): void {
  if (!/^https?:\/\//.test(apiUrl) || !URL.canParse(apiUrl)) {
    throw new LocusFailure('ConfigInvalid', `"${apiUrl}" is not the address of an API`, {
      remedy: 'set GITHUB_API_URL to something like https://api.github.com, or unset it',
    });
  }
  // fetch would put such a token into the text of its error.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new LocusFailure('CredentialsRefused', 'the GitHub token is empty or holds characters that no token has');
  }
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One HTTP request, when GitHub's limits allow it. */
function createSend({ apiUrl, token, onRequest, timeoutMs, patienceMs, onWait, ...given }: GitHubOptions): Fetch {
  const governor = given.governor === undefined ? governorOf(apiUrl, token) : given.governor;
  const atOnce: Fetch = async (url, init) => {
    const { pathname, search } = new URL(url);
    onRequest?.({ method: init.method ?? 'GET', path: pathname + search });
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs ?? defaultTimeoutMs) });
    // octokit takes a body that breaks off for an empty one; read here, it is the network error it is.
    await response.clone().arrayBuffer();
    return response;
  };
  if (governor === null) return atOnce;
  let until: number | undefined;
  return (url, init) => {
    until ??= governor.now() + (patienceMs ?? defaultPatienceMs);
    const { method = 'GET', body } = init;
    return governor.send({ method, url, body, until, onWait }, () => atOnce(url, init));
  };
}

/** Loaded on first use: octokit costs 50 ms, and a local tracker never needs it. */
async function createOctokit({ apiUrl, token }: GitHubOptions, send: Fetch): Promise<Octokit> {
  const { Octokit } = await import('octokit');
  return new Octokit({
    auth: token,
    baseUrl: apiUrl.replace(/\/+$/, ''),
    userAgent: 'locus',
    request: { fetch: send },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    // Retries are Temporal's alone, and the plugin would space writes by a second; the governor knows the real limits.
    retry: { enabled: false },
    throttle: { enabled: false },
  });
}

function ignore(): void {}
