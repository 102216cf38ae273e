import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { endAgent } from '../../src/agents/host/end.ts';
import { followAttempt } from '../../src/agents/host/follow.ts';
import { agentFor } from '../../src/agents/index.ts';
import { attemptsFolder, scripted, until } from '../support/agents/attempt.ts';
import { repositoryIn } from '../support/agents/repository.ts';

/** What every agent does, here played by a scripted program; `test/agents/real` asks the same of the real ones. */
describe.each(['claude', 'codex', 'command'] as const)('the agent %s', (provider) => {
  const agent = agentFor(provider);
  const tellsMore = provider !== 'command';
  let folder: Awaited<ReturnType<typeof attemptsFolder>>;
  beforeEach(async () => {
    folder = await attemptsFolder();
  });
  afterEach(() => folder.dispose());

  function start(directives: readonly string[], session: string | null = null) {
    const words = agent.argv({ model: 'm', session, command: ['agent'] }).slice(1);
    return folder.start(directives, { provider, argv: [process.execPath, scripted, ...words] });
  }

  test('writes files, commits, and says what it has done', async () => {
    const { workspace, git } = repositoryIn(folder.root, path.join(folder.attempts, 'unused'));
    const argv = [process.execPath, scripted];
    const { dir } = await folder.start(['write src/a.ts x', 'commit add a', 'say I added a.'], {
      provider,
      argv,
      cwd: workspace,
    });
    const end = await followAttempt(dir, { agent });
    expect(end).toMatchObject({ outcome: 'exited', code: 0, report: { error: null } });
    expect(end.answer).toBe(tellsMore ? 'All done.' : 'I added a.');
    expect(end.report.summary).toBe(end.answer);
    expect(git(workspace, 'log', '-1', '--format=%s')).toBe('add a');
  });

  test('reports progress while it works', async () => {
    const { dir } = await start(['say first', 'write a.txt x', 'sleep 200', 'say second']);
    const activities: (string | null)[] = [];
    await followAttempt(dir, { agent, onProgress: (report) => activities.push(report.activity) });
    expect(activities.join('|')).toMatch(/first|a\.txt/);
    expect(activities.length).toBeGreaterThan(1);
  });

  test('has a code other than 0 when it fails, and its reason can be found', async () => {
    const { dir } = await start(['fail the model is gone']);
    const end = await followAttempt(dir, { agent });
    expect(end).toMatchObject({ outcome: 'exited', code: 1 });
    expect(tellsMore ? end.report.error : end.stderrTail.trim()).toBe('the model is gone');
  });

  test('goes on in its session after it was killed, where it has sessions', async () => {
    const first = await start(['write begun.txt x', 'die SIGKILL']);
    const killed = await followAttempt(first.dir, { agent });
    expect(killed).toMatchObject({ outcome: 'killed', code: 137 });
    await endAgent(first.dir);
    expect(killed.report.session === null).toBe(!agent.resumable);
    if (!agent.resumable) return;
    const second = await start([], killed.report.session);
    expect((await followAttempt(second.dir, { agent })).report.session).toBe(killed.report.session);
  });

  test('is ended in the middle of its work', async () => {
    const { dir } = await start(['write begun.txt x', 'hang']);
    await until('the agent works', () => existsSync(path.join(folder.workspace, 'begun.txt')));
    await endAgent(dir);
    expect(await followAttempt(dir, { agent })).toMatchObject({ outcome: 'ended' });
  });

  if (tellsMore) {
    test('tells its usage, once, however often it is followed', async () => {
      const { dir } = await start(['say hi']);
      await followAttempt(dir, { agent });
      const { report } = await followAttempt(dir, { agent });
      expect(report).toMatchObject({ inputTokens: 100, outputTokens: 7, costUsd: provider === 'claude' ? 0.5 : 0 });
    });
  }
});
