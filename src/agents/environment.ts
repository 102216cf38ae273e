import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from '../disk/program.ts';
import type { Agent } from './agent.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface AgentIdentity {
  /** What it works as: `implementer` in plain runs. */
  readonly role: string;
  readonly runId: string;
  readonly issue: number;
  readonly attemptId: string;
  /** Of a gated run, from 1. */
  readonly cycle?: number;
}

export interface AgentEnvironment {
  readonly env: Readonly<Record<string, string>>;
  /** For people: names of `agent.env` that were left out. */
  readonly warnings: readonly string[];
}

/** The environment of an agent: what is on the allow-list, what the provider needs, and `agent.env`; never our own credentials. */
export function agentEnvironment(
  agent: Pick<Agent, 'environment' | 'settings'>,
  variables: Variables,
  names: readonly string[],
  identity: AgentIdentity,
): AgentEnvironment {
  const refused = names.filter((name) => matches(name, forbidden));
  const allowed = [...common, ...agent.environment, ...cloudCredentials(variables, agent), ...names];
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && matches(name, allowed) && !matches(name, forbidden)) env[name] = value;
  }
  return {
    env: {
      ...env,
      ...agent.settings,
      LOCUS_ROLE: identity.role,
      LOCUS_RUN: identity.runId,
      LOCUS_TASK: String(identity.issue),
      LOCUS_ATTEMPT: identity.attemptId,
      ...(identity.cycle === undefined ? {} : { LOCUS_CYCLE: String(identity.cycle) }),
    },
    warnings: refused.map((name) => `agent.env: ${name} is not given to agents, because it belongs to Locus itself`),
  };
}

/** The first line of `<program> --version`, or null where the program is missing or does not answer within 10 s. */
export async function installedVersion(agent: Agent, env: Variables, command: readonly string[] | null = null) {
  const program = agent.argv({ model: null, session: null, command })[0];
  const file = program === undefined ? null : findProgram(program, env.PATH);
  if (file === null) return null;
  // Any command may take --version for work to do.
  if (agent.provider === 'command') return file;
  const options = { env: { ...env, ...agent.settings }, timeout: 10_000 };
  const answer = await promisify(execFile)(file, ['--version'], options).catch(() => null);
  return answer?.stdout.split('\n', 1)[0]?.trim() || null;
}

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];
const common: readonly string[] = [
  ...['PATH', 'HOME', 'LANG', 'LC_*', 'TERM', 'TMPDIR', 'TZ', 'USER', 'LOGNAME', 'SHELL'],
  ...proxies,
  ...proxies.map((name) => name.toLowerCase()),
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/** Ours: the tracker's credentials, the person's keys, the engine. Not even by `agent.env`. */
const forbidden: readonly string[] = [
  ...['GITHUB_TOKEN', 'GH_TOKEN', 'GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN', 'GITHUB_API_URL'],
  ...['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'SSH_AUTH_SOCK', 'GIT_ASKPASS', 'SSH_ASKPASS'],
  ...['TEMPORAL_*', 'GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_INDEX_FILE', 'GIT_CONFIG_*'],
];

/** A cloud's keys open more than its models, so they are given only where the agent is told to use that cloud. */
function cloudCredentials(variables: Variables, agent: Pick<Agent, 'environment'>): string[] {
  if (!agent.environment.includes('CLAUDE_*')) return [];
  return [
    ...(isOn(variables.CLAUDE_CODE_USE_BEDROCK) ? ['AWS_*'] : []),
    ...(isOn(variables.CLAUDE_CODE_USE_VERTEX) ? ['GOOGLE_*', 'CLOUD_ML_REGION', 'VERTEX_*'] : []),
  ];
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no', 'off'].includes(value.toLowerCase());
}

function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}
