import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentEnvironment } from '../../../src/agents/environment.ts';
import { agentFolders } from '../../../src/agents/folders.ts';
import { endAgent } from '../../../src/agents/host/end.ts';
import { followAttempt } from '../../../src/agents/host/follow.ts';
import { startHost } from '../../../src/agents/host/start.ts';
import { agentFor } from '../../../src/agents/index.ts';
import { hasSession } from '../../../src/agents/session.ts';
import type { AgentReport } from '../../../src/domain/agent.ts';
import { bubblewrap } from '../../../src/sandboxes/os/bubblewrap.ts';
import { attemptsFolder, until } from '../../support/agents/attempt.ts';
import { repositoryIn } from '../../support/agents/repository.ts';
import { type Step, startModel } from '../../support/model.ts';

const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'locus', 'agents');
const bin = path.join(cache, 'node_modules', '.bin');

let model: Awaited<ReturnType<typeof startModel>>;
beforeAll(async () => {
  if (!existsSync(bin)) throw new Error('the agent programs are missing: run `node scripts/install-agents.mjs`');
  model = await startModel();
});
afterAll(() => model.stop());

const shell: Record<'claude' | 'codex', (command: string) => Step> = {
  claude: (command) => ({ tool: 'Bash', input: { command, description: 'work' } }),
  codex: (cmd) => ({ tool: 'exec_command', input: { cmd } }),
};

describe.each(['claude', 'codex'] as const)('the real %s', (provider) => {
  describe.each([false, true])('confined: %s', (isConfined) => {
    const agent = agentFor(provider);
    let folder: Awaited<ReturnType<typeof attemptsFolder>>;
    let repository: ReturnType<typeof repositoryIn>;
    let count = 0;

    beforeEach(async () => {
      folder = await attemptsFolder();
      repository = repositoryIn(folder.root, path.join(folder.attempts, 'none'));
      const { home } = repository;
      for (const own of ['.claude', '.codex']) mkdirSync(path.join(home, own));
      writeFileSync(path.join(home, '.claude.json'), '{"numStartups":3,"hasCompletedOnboarding":true}');
      writeFileSync(path.join(home, '.claude', 'settings.json'), '{"includeCoAuthoredBy":false}');
      writeFileSync(path.join(home, '.codex', 'config.toml'), 'model_reasoning_effort = "low"\n');
      writeFileSync(path.join(home, '.codex', 'auth.json'), '{"OPENAI_API_KEY":"none"}');
    });
    afterEach(() => folder.dispose());

    async function start(prompt: string, session: string | null = null) {
      const dir = path.join(folder.attempts, `real-${process.pid}-${provider}-${isConfined}-${count++}`);
      mkdirSync(dir, { recursive: true });
      const { home, workspace } = repository;
      const variables = {
        PATH: `${bin}:${process.env.PATH}`,
        HOME: home,
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_API_KEY: 'sk-ant-none',
        OPENAI_API_KEY: 'none',
        GITHUB_TOKEN: 'never',
      };
      const identity = { role: 'implementer', runId: 'r', issue: 1, attemptId: path.basename(dir) };
      const { env } = agentEnvironment(agent, variables, [], identity);
      const { writable, readable } = await agentFolders(agent, env, home);
      const confinement = {
        ...repository.confinement,
        attemptDir: dir,
        objectsDir: path.join(dir, 'objects'),
        agentFolders: writable,
        agentReadable: readable,
      };
      const argv = [...agent.argv({ model: provider === 'claude' ? 'sonnet' : 'gpt-5', session, command: null })];
      if (provider === 'codex') argv.splice(2, 0, ...mockProvider(model.url));
      await startHost({
        dir,
        argv,
        cwd: workspace,
        env,
        prompt,
        deadline: Date.now() + 60_000,
        orphanMinutes: 5,
        ...(isConfined ? { confined: { sandbox: bubblewrap, confinement } } : {}),
      });
      return dir;
    }

    async function isWritten(dir: string): Promise<boolean> {
      const seen = new AbortController();
      let session: string | null = null;
      const onProgress = (report: AgentReport) => {
        session = report.session;
        seen.abort();
      };
      await followAttempt(dir, { agent, signal: seen.signal, onProgress }).catch(() => {});
      return session !== null && hasSession(agent, session, {}, repository.home);
    }

    test('works, commits, and tells its session, its words and its usage', async () => {
      model.play(shell[provider]('echo hello > made.txt && git add . && git commit -qm work'), {
        text: 'I made a file.',
      });
      const dir = await start('Make a file.');
      const end = await followAttempt(dir, { agent });
      expect(end).toMatchObject({ outcome: 'exited', code: 0, answer: 'I made a file.', report: { error: null } });
      expect(end.report.session).toMatch(/^[0-9a-f-]{36}$/);
      expect(end.report).toMatchObject({ inputTokens: 200, outputTokens: 20, summary: 'I made a file.' });
      if (provider === 'claude') expect(end.report.costUsd).toBeGreaterThan(0);
      expect(readFileSync(path.join(repository.workspace, 'made.txt'), 'utf8')).toBe('hello\n');
      const alternates = `${repository.confinement.commonDir}/objects`;
      const objects = isConfined
        ? { GIT_OBJECT_DIRECTORY: path.join(dir, 'objects'), GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates }
        : {};
      const log = execFileSync('git', ['log', '--format=%s'], {
        cwd: repository.workspace,
        env: { ...process.env, ...objects },
        encoding: 'utf8',
      });
      expect(log).toBe('work\nfirst\n');
      expect(JSON.stringify(model.requests[0])).toContain('Make a file.');
      await endAgent(dir);
    });

    test('goes on in the same session after it was killed in the middle of its work', async () => {
      model.play(shell[provider]('echo 1 > begun.txt; sleep 60'));
      const first = await start('A long task.');
      await until('the command runs', () => existsSync(path.join(repository.workspace, 'begun.txt')));
      // It writes its session a moment after it has told its name.
      await until('the session is written', () => isWritten(first));
      process.kill(Number(readFileSync(path.join(first, 'agent'), 'utf8')), 'SIGKILL');
      const killed = await followAttempt(first, { agent });
      expect(killed).toMatchObject({ outcome: 'killed' });
      await endAgent(first);

      model.play({ text: 'Back again.' });
      const second = await start('Go on.', killed.report.session);
      const end = await followAttempt(second, { agent });
      expect(end).toMatchObject({
        outcome: 'exited',
        answer: 'Back again.',
        report: { session: killed.report.session },
      });
      expect(JSON.stringify(model.requests[0])).toContain('A long task.');
    });

    test('reports what its model refuses as an error', async () => {
      model.play({ status: 400, message: 'no such thing' }, { status: 400, message: 'no such thing' });
      const end = await followAttempt(await start('Anything.'), { agent });
      expect(end.report.error).toContain('no such thing');
      expect(end.code).not.toBe(0);
    });
  });
});

function mockProvider(url: string): string[] {
  const settings = `{name="mock",base_url="${url}/v1",wire_api="responses",env_key="OPENAI_API_KEY"}`;
  return ['-c', 'model_provider=mock', '-c', `model_providers.mock=${settings}`];
}
