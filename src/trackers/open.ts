import { LocusFailure } from '../domain/failures.ts';
import type { TrackerRef } from '../domain/run.ts';
import type { GitHubOptions } from './github/client.ts';
import { createGitHubTracker } from './github/tracker.ts';
import { createLocalTracker } from './local/tracker.ts';
import type { Tracker } from './tracker.ts';

export type OpenOptions = Pick<GitHubOptions, 'onRequest' | 'timeoutMs' | 'patienceMs' | 'onWait'>;

/** Opens the tracker of a run. Makes no request; refuses GitHub without a token. */
export function openTracker(ref: TrackerRef, token: string | null, options: OpenOptions = {}): Tracker {
  if (ref.kind === 'local') return createLocalTracker({ commonDir: ref.commonDir });
  if (!token) {
    throw new LocusFailure('CredentialsMissing', `no token for ${ref.owner}/${ref.repo} on GitHub`);
  }
  return createGitHubTracker({ apiUrl: ref.apiUrl, owner: ref.owner, repo: ref.repo, token, ...options });
}
