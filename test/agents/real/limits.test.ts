import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { judge } from '../../../src/activities/judge.ts';
import { type RealProvider, realAttempts, shell, spentHeaders, timeZone } from '../../support/agents/real.ts';
import { type Refusal, type Step, startModel } from '../../support/model.ts';

let model: Awaited<ReturnType<typeof startModel>>;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model.stop());

/** As the service of each answers the account of a person whose allowance is used up until then, in epoch seconds. */
const spent: Record<RealProvider, (resetsAt: number) => Refusal> = {
  claude: (resetsAt) => ({
    status: 429,
    message: "This request would exceed your account's rate limit. Please try again later.",
    error: { type: 'rate_limit_error' },
    headers: spentHeaders(resetsAt),
  }),
  codex: (resets_at) => ({
    status: 429,
    message: 'The usage limit has been reached',
    error: { type: 'usage_limit_reached', plan_type: 'plus', resets_at },
  }),
};

const words = { claude: /^claude: You've hit your session limit/, codex: /^codex: You’ve hit your usage limit/ };
/** USD of the one answer that there was before. */
const cost = { claude: (60 * 3 + 40 * 0.3 + 10 * 15) / 1e6, codex: (60 * 1.25 + 40 * 0.125 + 10 * 10) / 1e6 };

const overloaded: Refusal = { status: 529, message: 'Overloaded', error: { type: 'overloaded_error' } };
const broken: Refusal = { status: 500, message: 'Internal server error', error: { type: 'api_error' } };
const tooFast: Refusal = { status: 429, message: 'Slow down', error: { type: 'rate_limit_error' } };

describe.each(['claude', 'codex'] as const)('a model that refuses the real %s', (provider) => {
  let attempts: Awaited<ReturnType<typeof realAttempts>>;
  beforeEach(async () => {
    attempts = await realAttempts({ provider, isConfined: false, modelUrl: model.url });
  });
  afterEach(() => attempts.dispose());

  /** What the attempt is taken for when the model answers so, after these, however often it is asked. */
  async function verdictOn(refusal: Refusal, before: readonly Step[] = []) {
    model.play(...before, ...Array<Step>(10).fill(refusal));
    const subscription = { ANTHROPIC_API_KEY: undefined, CLAUDE_CODE_OAUTH_TOKEN: 'none' };
    const dir = await attempts.start('Anything.', { env: provider === 'claude' ? subscription : {}, retries: 0 });
    const end = await attempts.follow(dir);
    return { end, verdict: judge(provider, end, timeZone) };
  }

  test('for the account’s usage limit, in the middle of the work: it is over at the time that is stated', async () => {
    // Codex tells the minute.
    const resetsAt = (Math.ceil(Date.now() / 60_000) + 125) * 60;
    const { end, verdict } = await verdictOn(spent[provider](resetsAt), [shell[provider]('echo begun > begun.txt')]);
    expect(verdict).toMatchObject({ outcome: 'limited', until: resetsAt * 1000 });
    expect(verdict).toMatchObject({ failure: { message: expect.stringMatching(words[provider]) } });
    expect(existsSync(path.join(attempts.workspace, 'begun.txt'))).toBe(true);
    expect(model.requests).toHaveLength(2);
    expect(end.report).toMatchObject({
      inputTokens: 100,
      outputTokens: 10,
      costUsd: expect.closeTo(cost[provider], 9),
    });
  });

  test.each([
    ['because it is overloaded', overloaded, /overloaded/i],
    ['because it is asked too often', tooFast, /limiting requests|429/],
  ])('%s: when that is over is not known', async (_why, refusal, said) => {
    const { verdict } = await verdictOn(refusal);
    expect(verdict).toMatchObject({ outcome: 'limited', until: null });
    expect(verdict).toMatchObject({ failure: { message: expect.stringMatching(said) } });
  });

  test('because it is broken: no waiting is known to help, the attempt has failed', async () => {
    const { verdict } = await verdictOn(broken);
    expect(verdict).toMatchObject({ outcome: 'failed', retry: true, failure: { type: 'AgentFailed' } });
  });
});

test('a model that asks the real codex to wait for longer than it may be silent: it is waited for without it', async () => {
  const attempts = await realAttempts({ provider: 'codex', isConfined: false, modelUrl: model.url });
  model.play({ ...tooFast, headers: { 'retry-after': '3600' } });
  const end = await attempts.follow(await attempts.start('Anything.'), { stallMs: 8000 });
  await attempts.dispose();
  expect(end.outcome).toBe('stalled');
  expect(judge('codex', end, timeZone)).toMatchObject({ outcome: 'limited', until: null });
});
