import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { PromptAbout } from '../../src/activities/gated/contract.ts';
import { resume } from '../../src/workflows/messages.ts';
import { answered, base, gatedInput, gatedScript, isState, type Play, shown } from './gated-support.ts';
import { type Calls, finished, openStage, type Stage, start, until } from './support.ts';

type Compared = Extract<PromptAbout, { readonly kind: 'red_team' }>;

const calls: Calls = [];
const asked: Compared[] = [];
let play: Play = {};
let stage: Stage;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ stage, close } = await openStage(
    gatedScript(() => play, calls),
    calls,
  ));
});
beforeEach(() => {
  calls.length = 0;
  asked.length = 0;
});
afterAll(() => close());

const prompt = { kind: 'ready', file: '/p/1', length: 1, sha256: '' } as const;
const host: Play['host'] = {
  writePrompt: async (_run, { about }) => {
    if (about.kind === 'red_team') asked.push(about);
    return prompt;
  },
};
const nothing = { session: null, costUsd: 0, durationMs: 1, outcome: 'answered', tampered: false } as const;
const redTeam = () => ({ ...nothing, answer: '{"findings":[]}' });
const answerOf = (end: ReturnType<typeof answered>) => ('answer' in end ? end.answer : '');

function begin() {
  const { gated } = gatedInput(stage);
  const on = { ...gated!.settings.redTeam, enabled: true };
  return start(stage, gatedInput(stage, { settings: { redTeam: on } }));
}

test('is given no feedback where both gates approved at once, and the commit that the work began at', async () => {
  play = { agents: { 'red-team': redTeam }, host };
  await finished(await begin());
  expect(asked).toMatchObject([{ feedback: [], began: base }]);
});

test('is given what each gate has asked for last, though both approve by now and the run was halted meanwhile', async () => {
  play = {
    agents: {
      reviewer: ({ n }) => answered('review', n <= 2 ? [`r${n}`] : []),
      auditor: ({ n }) => answered('audit', n === 1 ? ['a1'] : []),
      'red-team': () => ({ ...redTeam(), tampered: true }),
    },
    host,
  };
  const handle = await begin();
  const halted = await until(handle, isState('HALTED'));
  expect(shown(halted).run.halt?.reason).toBe('gate_error: the red-team has changed the workspace');
  play = { ...play, agents: { ...play.agents, 'red-team': redTeam } };
  await handle.signal(resume);
  await finished(handle);
  const feedback = [answerOf(answered('review', ['r2'])), answerOf(answered('audit', ['a1']))];
  expect(asked.map((about) => about.feedback)).toEqual([feedback, feedback]);
});

test('is given no commit that a sprint before it has worked on', async () => {
  play = { agents: { 'red-team': redTeam }, host };
  const input = gatedInput(stage);
  const on = { ...input.gated!.settings.redTeam, enabled: true };
  const gated = { ...input.gated!, settings: { ...input.gated!.settings, redTeam: on }, builtOn: base };
  await finished(await start(stage, { ...input, gated }));
  expect(asked.map((about) => 'began' in about)).toEqual([false]);
});
