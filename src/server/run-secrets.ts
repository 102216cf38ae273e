import type { TrackerRef } from '../domain/run.ts';
import { fetchSecrets, githubScope, localScope, lookUpToken, type Secrets } from './secrets.ts';

/** What the secrets of a run's repository are kept under. */
export function scopeOf(tracker: TrackerRef): string {
  return tracker.kind === 'local'
    ? localScope(tracker.commonDir)
    : githubScope(tracker.apiUrl, tracker.owner, tracker.repo);
}

/**
 * For a worker: what was handed over to the keeper, else its own environment. What it was told once it remembers: a keeper
 * that was killed has forgotten it, and runs go on.
 */
export function secretsFor(stateDir: string): (tracker: TrackerRef) => Promise<Secrets> {
  const told = new Map<string, Secrets>();
  const asked = new Map<string, ReturnType<typeof fetchSecrets>>();
  // Steps that begin together ask once.
  const ask = (scope: string) => {
    const answer = asked.get(scope) ?? fetchSecrets(stateDir, scope).finally(() => asked.delete(scope));
    asked.set(scope, answer);
    return answer;
  };
  return async (tracker) => {
    const scope = scopeOf(tracker);
    const kept = (await ask(scope)) ?? told.get(scope);
    if (kept) told.set(scope, kept);
    if (kept && (kept.token !== null || tracker.kind === 'local')) return kept;
    const token =
      tracker.kind === 'local' ? null : await lookUpToken({ stateDir: null, scope, apiUrl: tracker.apiUrl });
    return { token, env: kept?.env ?? variables(process.env) };
  };
}

/** A process's environment as it can be handed over. */
export function variables(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
