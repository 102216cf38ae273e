import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { agentEnvironment } from '../../../src/agents/environment.ts';
import { agentFolders } from '../../../src/agents/folders.ts';
import { type AttemptEnd, followAttempt } from '../../../src/agents/host/follow.ts';
import { startHost } from '../../../src/agents/host/start.ts';
import { agentFor } from '../../../src/agents/index.ts';
import { hasSession, sessionFile } from '../../../src/agents/session.ts';
import type { AgentReport } from '../../../src/domain/agent.ts';
import { emptyReport } from '../../../src/domain/agent-report.ts';
import type { Prices } from '../../../src/domain/prices.ts';
import { bubblewrap } from '../../../src/sandboxes/os/bubblewrap.ts';
import type { Step } from '../model.ts';
import { attemptsFolder } from './attempt.ts';
import { repositoryIn } from './repository.ts';

export type RealProvider = 'claude' | 'codex';

const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'locus', 'agents');
export const realBin = path.join(cache, 'node_modules', '.bin');

/** PATH with the real programs at its front. */
export function realPath(): string {
  if (!existsSync(realBin)) throw new Error('the agent programs are missing: run `node scripts/install-agents.mjs`');
  return `${realBin}:${process.env.PATH}`;
}

export const modelNames: Record<RealProvider, string> = { claude: 'sonnet', codex: 'gpt-5' };

/** The call of the tool by which each runs a command. */
export const shell: Record<RealProvider, (command: string) => Step> = {
  claude: (command) => ({ tool: 'Bash', input: { command, description: 'work' } }),
  codex: (cmd) => ({ tool: 'exec_command', input: { cmd } }),
};

/** What tells claude that a subscription's five hours are used up until then, in epoch seconds. */
export function spentHeaders(resetsAt: number): Record<string, string> {
  return {
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-reset': String(resetsAt),
    'anthropic-ratelimit-unified-representative-claim': 'five_hour',
  };
}

export interface RealOptions {
  readonly provider: RealProvider;
  readonly isConfined: boolean;
  /** Where the scripted model listens. */
  readonly modelUrl: string;
  /** `agent.prices`. */
  readonly prices?: Prices;
}

export interface StartOptions {
  readonly session?: string | null;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Of codex: how often it asks again. Left out: its default, which takes minutes. Claude's is our own setting. */
  readonly retries?: number;
}

/** A repository and a home in which attempts of a real program are started and followed. */
export async function realAttempts({ provider, isConfined, modelUrl, prices = {} }: RealOptions) {
  const agent = agentFor(provider);
  const folder = await attemptsFolder();
  const repository = repositoryIn(folder.root, path.join(folder.attempts, 'none'));
  const { home, workspace } = repository;
  furnish(home);
  let count = 0;

  const followed = { agent, sessionFile: (session: string) => sessionFile(agent, session, {}, home) };
  const pricing = { model: modelNames[provider], prices };

  return {
    ...repository,
    async start(prompt: string, { session = null, env: more = {}, retries }: StartOptions = {}): Promise<string> {
      const dir = path.join(folder.attempts, `real-${process.pid}-${provider}-${isConfined}-${count++}`);
      mkdirSync(dir, { recursive: true });
      const variables = {
        ...{ PATH: realPath(), HOME: home, TZ: timeZone, GITHUB_TOKEN: 'never' },
        ...{ ANTHROPIC_BASE_URL: modelUrl, ANTHROPIC_API_KEY: 'sk-ant-none', OPENAI_API_KEY: 'none' },
        ...more,
      };
      const identity = { role: 'implementer', runId: 'r', issue: 1, attemptId: path.basename(dir) };
      const { env } = agentEnvironment(agent, variables, [], identity);
      const { writable, readable } = await agentFolders(agent, env, home);
      const confinement = {
        ...repository.confinement,
        ...{ attemptDir: dir, objectsDir: path.join(dir, 'objects') },
        ...{ agentFolders: writable, agentReadable: readable },
      };
      const argv = [...agent.argv({ model: modelNames[provider], session, command: null })];
      if (provider === 'codex') argv.splice(2, 0, ...modelSettings(modelUrl, retries));
      await startHost({
        ...{ dir, argv, cwd: workspace, env, prompt, deadline: Date.now() + 60_000, orphanMinutes: 5 },
        ...(isConfined ? { confined: { sandbox: bubblewrap, confinement } } : {}),
      });
      return dir;
    },
    /** To the end of the agent, as `runAgent` follows it. */
    follow: (dir: string, more: { readonly stallMs?: number } = {}): Promise<AttemptEnd> =>
      followAttempt(dir, { ...followed, ...more, pricing }),
    /** What an agent that works has told by now, and whether its session can be gone on with already. */
    async soFar(dir: string): Promise<AgentReport & { readonly isResumable: boolean }> {
      const seen = new AbortController();
      let told = emptyReport;
      const onProgress = (report: AgentReport) => {
        told = report;
        seen.abort();
      };
      await followAttempt(dir, { ...followed, pricing, signal: seen.signal, onProgress }).catch(() => {});
      const isResumable = told.session !== null && (await hasSession(agent, told.session, {}, home));
      return { ...told, isResumable };
    },
    dispose: folder.dispose,
  };
}

/** In which the agents write the times that they tell. */
export const timeZone = 'America/New_York';

/** What each finds in its home when a person has used it before. */
function furnish(home: string): void {
  for (const own of ['.claude', '.codex']) mkdirSync(path.join(home, own));
  writeFileSync(path.join(home, '.claude.json'), '{"numStartups":3,"hasCompletedOnboarding":true}');
  writeFileSync(path.join(home, '.claude', 'settings.json'), '{"includeCoAuthoredBy":false}');
  writeFileSync(path.join(home, '.codex', 'config.toml'), 'model_reasoning_effort = "low"\n');
  writeFileSync(path.join(home, '.codex', 'auth.json'), '{"OPENAI_API_KEY":"none"}');
}

function modelSettings(url: string, retries?: number): string[] {
  const often = retries === undefined ? '' : `,request_max_retries=${retries},stream_max_retries=${retries}`;
  const settings = `{name="mock",base_url="${url}/v1",wire_api="responses",env_key="OPENAI_API_KEY"${often}}`;
  return ['-c', 'model_provider=mock', '-c', `model_providers.mock=${settings}`];
}
