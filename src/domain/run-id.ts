import type { RunType, TrackerRef } from './run.ts';
import type { Provider } from './settings.ts';

export interface ParsedRunId {
  /** `owner/repo`, or `local/<hash>`. */
  readonly repoKey: string;
  readonly type: RunType;
  /** Slug of the sprint, numbers of the issues, number of the issue, or id of the bug; empty for the gated run of a repository. */
  readonly subject: string;
}

/**
 * What names a repository in run ids, which are locks: two spellings of one repository give the same key. `hash` makes
 * a short name of a path.
 */
export function repoKey(tracker: TrackerRef, hash: (text: string) => string): string {
  if (tracker.kind === 'local') return `local/${hash(tracker.commonDir)}`;
  return `${tracker.owner}/${tracker.repo}`.toLowerCase();
}

/** What the ids of all its runs begin with. */
export function runIdsOf(repoKey: string): string {
  return `locus/${repoKey}/`;
}

export function sprintRunId(repoKey: string, slug: string): string {
  return `locus/${repoKey}/sprint/${slug}`;
}

export function issueRunId(repoKey: string, issue: number): string {
  return `locus/${repoKey}/issue/${issue}`;
}

/** The same for any order of the issues; long lists are shortened, as Temporal takes 1,000 bytes at most. */
export function parallelRunId(repoKey: string, issues: readonly number[]): string {
  const numbers = [...new Set(issues)].sort((a, b) => a - b);
  const all = numbers.join('-');
  return `locus/${repoKey}/parallel/${all.length <= longestList ? all : shortened(numbers, all)}`;
}

/** One at a time for each repository, whatever its target. */
export function gatedRunId(repoKey: string): string {
  return `locus/${repoKey}/gated`;
}

/** Beside the repository's gated run, and beside those of other bugs. */
export function bugRunId(repoKey: string, bugId: string): string {
  return `locus/${repoKey}/bug/${bugId}`;
}

/** Of a run that goes through gates, by its id. */
export function isGatedRunId(runId: string): boolean {
  const type = parseRunId(runId)?.type;
  return type === 'gated' || type === 'bug';
}

/** Id of the workflow that counts a provider's agent starts. */
export function accountGateId(provider: Provider): string {
  return `locus/account/${provider}`;
}

/** The parts of a run's id; null for an id that is not a run's. */
export function parseRunId(runId: string): ParsedRunId | null {
  const match = /^locus\/([^/]+\/[^/]+)\/(?:(sprint|parallel|issue|bug)\/([^/]+)|(gated))$/.exec(runId);
  if (!match) return null;
  const [, key = '', type, subject = '', gated] = match;
  return { repoKey: key, type: (type ?? gated) as RunType, subject };
}

const longestList = 200;

function shortened(numbers: readonly number[], all: string): string {
  const first = numbers.slice(0, 5).join('-');
  return `${first}-and-${numbers.length - 5}-more-${fingerprint(all)}`;
}

/** FNV-1a, 64 bits: workflow code has no node:crypto, and nobody gains by a collision. */
function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
