import type { Provider } from '../domain/settings.ts';
import { agentEnvironment, type Variables } from './environment.ts';
import { agentFor } from './index.ts';

const providers: readonly Provider[] = ['claude', 'codex', 'command'];
const nobody = { role: '', runId: '', issue: 0, attemptId: '' };

/** What a command hands to the keeper for the agents of a repository: the allow-list of every provider, and `agent.env`. */
export function handedVariables(variables: Variables, names: readonly string[]): Record<string, string> {
  const handed: Record<string, string> = {};
  for (const provider of providers) {
    const { env } = agentEnvironment({ ...agentFor(provider), settings: {} }, variables, names, nobody);
    Object.assign(handed, env);
  }
  for (const name of ['LOCUS_ROLE', 'LOCUS_RUN', 'LOCUS_TASK', 'LOCUS_ATTEMPT']) delete handed[name];
  return handed;
}
