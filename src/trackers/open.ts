import { LocusFailure } from '../domain/failures.ts';
import type { TrackerRef } from '../domain/run.ts';
import type { GitHubOptions } from './github/client.ts';
import type { Tracker } from './tracker.ts';

export type OpenOptions = Pick<GitHubOptions, 'onRequest' | 'timeoutMs' | 'patienceMs' | 'onWait'>;

/** Opens the tracker of a run, and loads the code of that one alone. Makes no request; refuses GitHub without a token. */
export async function openTracker(ref: TrackerRef, token: string | null, options: OpenOptions = {}): Promise<Tracker> {
  if (ref.kind === 'local') {
    const { createLocalTracker } = await import('./local/tracker.ts');
    return createLocalTracker({ commonDir: ref.commonDir });
  }
  if (!token) {
    throw new LocusFailure('CredentialsMissing', `no token for ${ref.owner}/${ref.repo} on GitHub`);
  }
  const { createGitHubTracker } = await import('./github/tracker.ts');
  return createGitHubTracker({ apiUrl: ref.apiUrl, owner: ref.owner, repo: ref.repo, token, ...options });
}
