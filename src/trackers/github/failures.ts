import type { RequestError } from 'octokit';
import { z } from 'zod';
import { LocusFailure } from '../../domain/failures.ts';

/** What a request was about, for the sentence people read. */
export interface Subject {
  readonly owner: string;
  readonly repo: string;
  readonly issue?: number;
}

type Response = NonNullable<RequestError['response']>;

// GitHub asks for at least a minute where a limit names no time of its own.
const unnamedLimitMs = 60_000;
const limitMessage = /secondary rate limit|rate limit exceeded|abuse detection|submitted too quickly/i;

/** The one place where an error of octokit becomes a failure of Locus. */
export function toFailure(error: unknown, subject: Subject): LocusFailure {
  if (error instanceof LocusFailure) return error;
  if (!isRequestError(error)) return unexpected(error);
  // octokit wraps what its fetch rejects with: here, that nothing was sent.
  if (error.cause instanceof LocusFailure) return error.cause;
  const { response } = error;
  if (!response) return unreachable(error);
  const message = messageOf(response);
  const said = `GitHub refused ${error.request.method} ${pathOf(error.request.url)} with ${error.status}: ${message}`;

  const retryAt = limitEnd(error.status, response, message);
  if (retryAt !== null) {
    return new LocusFailure('RateLimited', `GitHub limits our requests: ${message}`, { retryAt }, error);
  }
  if (error.status >= 500 || error.status === 408) {
    return new LocusFailure('TrackerUnavailable', `GitHub answered ${error.status}: ${message}`, {}, error);
  }
  switch (error.status) {
    case 401:
      return new LocusFailure('CredentialsRefused', `GitHub does not accept the token: ${message}`, {}, error);
    case 403:
      return new LocusFailure('TrackerRefused', said, { remedy: rightsRemedy(subject) }, error);
    case 404:
    case 410:
      return missing(error, subject, message);
    default:
      return new LocusFailure('TrackerRefused', said, {}, error);
  }
}

/** The HTTP status behind a failure that `toFailure` made, or null. */
export function statusOf(failure: unknown): number | null {
  if (!(failure instanceof LocusFailure) || !isRequestError(failure.cause)) return null;
  return failure.cause.response?.status ?? null;
}

/** Whether GitHub refused to make a label, milestone or pull request because it is there. */
export function alreadyExists(failure: unknown): failure is LocusFailure {
  return statusOf(failure) === 422 && /already.exists/i.test((failure as LocusFailure).message);
}

function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && error.name === 'HttpError' && 'request' in error;
}

function missing(error: RequestError, { owner, repo, issue }: Subject, message: string): LocusFailure {
  const reads = error.request.method === 'GET';
  if (issue !== undefined) {
    const orRights = reads ? '' : ', or the token may not change it';
    return new LocusFailure('IssueInvalid', `no issue #${issue} in ${owner}/${repo}${orRights}`, {}, error);
  }
  const what = reads ? 'see' : 'change';
  return new LocusFailure(
    'TrackerRefused',
    `GitHub knows no ${owner}/${repo} that the token may ${what} (${error.status}: ${message})`,
    { remedy: `check github.owner and github.repo, and that the token may ${what} ${owner}/${repo}` },
    error,
  );
}

function rightsRemedy({ owner, repo }: Subject): string {
  return `give the token the rights to read and write issues and pull requests of ${owner}/${repo}`;
}

/** No answer came: octokit gives such errors the status 500 and no response. */
function unreachable(error: RequestError): LocusFailure {
  const { cause } = error;
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  const why = timedOut ? 'no answer in time' : error.message;
  return new LocusFailure('TrackerUnavailable', `cannot reach ${hostOf(error.request.url)}: ${why}`, {}, error);
}

function unexpected(error: unknown): LocusFailure {
  const why = error instanceof z.ZodError ? firstProblem(error) : String(error);
  return new LocusFailure(
    'TrackerRefused',
    `unexpected answer from GitHub: ${why}`,
    { remedy: 'check that GITHUB_API_URL is the address of the REST API' },
    error,
  );
}

function firstProblem({ issues: [problem] }: z.ZodError): string {
  return problem ? `${problem.message} at "${problem.path.join('.')}"` : 'no reason';
}

/** Epoch milliseconds at which a limit ends; null where this is not a limit. */
function limitEnd(status: number, { headers }: Response, message: string): number | null {
  if (status !== 403 && status !== 429 && status !== 422) return null;
  const retryAfter = headers['retry-after'];
  if (retryAfter !== undefined) return Date.now() + waitOf(String(retryAfter));
  const reset = Number(headers['x-ratelimit-reset']);
  if (status !== 422 && headers['x-ratelimit-remaining'] === '0' && reset > 0) {
    // Measured on GitHub's clock, because ours may be wrong.
    const theirNow = Date.parse(String(headers.date)) || Date.now();
    return Date.now() + Math.max(reset * 1000 - theirNow, 1000);
  }
  return status === 429 || limitMessage.test(message) ? Date.now() + unnamedLimitMs : null;
}

/** Milliseconds in a `retry-after`: seconds, or a date. */
function waitOf(retryAfter: string): number {
  const seconds = Number(retryAfter);
  const wait = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return Number.isNaN(wait) ? unnamedLimitMs : Math.max(wait, 1000);
}

/** GitHub's message with the details it gives apart. */
function messageOf({ data }: Response): string {
  if (typeof data !== 'object' || data === null) return 'no message';
  const { message, errors } = data as { message?: unknown; errors?: unknown };
  const details = Array.isArray(errors) ? errors.map(detailOf) : [];
  const text = typeof message === 'string' ? message : 'no message';
  return details.length > 0 ? `${text} (${details.join('; ')})` : text;
}

function detailOf(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return String(detail);
  const { message, resource, field, code } = detail as Record<string, unknown>;
  if (typeof message === 'string') return message;
  return [resource, field, code].filter((part) => typeof part === 'string').join(' ');
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
