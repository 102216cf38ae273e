import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { endAgent } from '../../../src/agents/host/end.ts';
import { until } from '../../support/agents/attempt.ts';
import { realAttempts, shell } from '../../support/agents/real.ts';
import { startModel } from '../../support/model.ts';

let model: Awaited<ReturnType<typeof startModel>>;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model.stop());

/** USD of one of the scripted model's answers, at the prices that claude knows and at ours for codex. */
const costOf = {
  claude: (output = 10) => (60 * 3 + 40 * 0.3 + output * 15) / 1e6,
  codex: (output = 10) => (60 * 1.25 + 40 * 0.125 + output * 10) / 1e6,
};

describe.each(['claude', 'codex'] as const)('the real %s', (provider) => {
  describe.each([false, true])('confined: %s', (isConfined) => {
    let attempts: Awaited<ReturnType<typeof realAttempts>>;
    beforeEach(async () => {
      attempts = await realAttempts({ provider, isConfined, modelUrl: model.url });
    });
    afterEach(() => attempts.dispose());

    test('works, commits, and tells its session, its words and its usage', async () => {
      model.play(shell[provider]('echo hello > made.txt && git add . && git commit -qm work'), {
        text: 'I made a file.',
      });
      const dir = await attempts.start('Make a file.');
      const end = await attempts.follow(dir);
      expect(end).toMatchObject({ outcome: 'exited', code: 0, answer: 'I made a file.', report: { error: null } });
      expect(end.report.session).toMatch(/^[0-9a-f-]{36}$/);
      expect(end.report).toMatchObject({ inputTokens: 200, outputTokens: 20, summary: 'I made a file.' });
      expect(end.report.costUsd).toBeCloseTo(2 * costOf[provider](), 9);
      expect(readFileSync(path.join(attempts.workspace, 'made.txt'), 'utf8')).toBe('hello\n');
      const alternates = `${attempts.confinement.commonDir}/objects`;
      const objects = isConfined
        ? { GIT_OBJECT_DIRECTORY: path.join(dir, 'objects'), GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates }
        : {};
      const log = execFileSync('git', ['log', '--format=%s'], {
        cwd: attempts.workspace,
        env: { ...process.env, ...objects },
        encoding: 'utf8',
      });
      expect(log).toBe('work\nfirst\n');
      expect(JSON.stringify(model.requests[0])).toContain('Make a file.');
      await endAgent(dir);
    });

    test('goes on in the same session after it was killed in the middle of its work', async () => {
      model.play(shell[provider]('echo 1 > begun.txt; sleep 60'));
      const first = await attempts.start('A long task.');
      await until('the command runs', () => existsSync(path.join(attempts.workspace, 'begun.txt')));
      // It writes its session a moment after it has told its name.
      await until('the session is written', async () => (await attempts.soFar(first)).isResumable);
      await until('its cost is known', async () => (await attempts.soFar(first)).costUsd > 0);
      process.kill(Number(readFileSync(path.join(first, 'agent'), 'utf8')), 'SIGKILL');
      const killed = await attempts.follow(first);
      expect(killed).toMatchObject({ outcome: 'killed', report: { inputTokens: 100 } });
      // Claude tells of its output only at its end: until then it is estimated by its length.
      const words = { claude: killed.report.outputTokens, codex: 10 };
      expect(killed.report.costUsd).toBeCloseTo(costOf[provider](words[provider]), 9);
      await endAgent(first);

      model.play({ text: 'Back again.' });
      const second = await attempts.start('Go on.', { session: killed.report.session });
      const end = await attempts.follow(second);
      expect(end).toMatchObject({
        outcome: 'exited',
        answer: 'Back again.',
        report: { session: killed.report.session, inputTokens: 100, outputTokens: 10 },
      });
      // Not what the session had cost before.
      expect(end.report.costUsd).toBeCloseTo(costOf[provider](), 9);
      expect(JSON.stringify(model.requests[0])).toContain('A long task.');
    });

    test('reports what its model refuses as an error', async () => {
      model.play({ status: 400, message: 'no such thing' }, { status: 400, message: 'no such thing' });
      const end = await attempts.follow(await attempts.start('Anything.'));
      expect(end.report.error).toContain('no such thing');
      expect(end.code).not.toBe(0);
    });
  });
});
