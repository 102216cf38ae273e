import { describe, expect, test } from '@jest/globals';
import type { RecordsRequest } from '../../src/activities/post-pr/contract.ts';
import type { PostPrSettings } from '../../src/domain/gated/settings.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, type Change, gatedInput, isState, type Play, shown, type Turn } from './gated-support.ts';
import { findings, postPrOf, says, validating } from './post-pr-support.ts';
import { finished, start, until } from './support.ts';

const here = gatedStage();
const { calls } = here;

const other = { roles: { auditor: { provider: 'codex', model: null } } } as const;
const begin = (postPr: Partial<PostPrSettings>, change: Change = {}) =>
  here.begin({ ...change, settings: { ...validating(postPr), ...change.settings } });
const isHalted = isState('HALTED');

/** The reviewer approves the work, and answers this of the pull request, start after start. */
function reviewers(...answers: readonly ((turn: Turn) => ReturnType<typeof says>)[]): Play {
  const reviewer = (turn: Turn) => {
    if (turn.request.task.commitType !== 'fix') return answered('review');
    const answer = answers[Math.min(turn.n, answers.length) - 1];
    if (!answer) throw new Error('nobody asked for that');
    return answer(turn);
  };
  return { agents: { reviewer } };
}

describe('C86 the review by two models', () => {
  const scored = (id: string, score: number) => () => findings([{ id, title: `about ${id}`, score }]);

  test('no role with another model is a config error: nobody is asked, and the run halts', async () => {
    const state = await until(await begin({ cross_model: true }), isHalted);
    expect(shown(state).run.halt?.reason).toMatch(/^cross_model_config_error: no role works with another model/);
    expect(postPrOf(state)).toMatchObject({ exit: 4, phases: { e2e_testing: 'completed' } });
    expect(calls.filter((call) => call.startsWith('reviewer'))).toEqual(['reviewer 1']);
  });

  test('one that has changed the workspace is not believed: the run halts, and says so', async () => {
    here.play = reviewers(() => ({ ...says(''), tampered: true }) as ReturnType<typeof says>);
    const state = await until(await begin({ cross_model: true }, { settings: other }), isHalted);
    expect(shown(state).run.halt?.reason).toBe(
      'cross_model_config_error: the first model is not believed: the reviewer has changed the workspace',
    );
  });

  test('what both hold for grave is agreed on: it is counted, and the run goes on', async () => {
    here.play = reviewers(scored('x', 900), scored('F1', 800));
    const state = await finished(await begin({ cross_model: true }, { settings: other }));
    expect(postPrOf(state)).toMatchObject({
      exit: 0,
      phases: { cross_model_review: 'completed' },
      reviews: [
        {
          model: 'codex default',
          outcome: 'ok',
          high_consensus: 1,
          blockers: 0,
          findings: [{ title: 'about x', score_class: 'HIGH_CONSENSUS', first: 900, second: 800 }],
        },
      ],
    });
    expect(calls.filter((call) => call.startsWith('permit')).slice(-2)).toEqual(['permit command', 'permit codex']);
  });

  test.each([
    ['autonomous', 'HALTED', 'failed'],
    ['interactive', 'READY_FOR_HITL', 'completed'],
  ] as const)('a blocker of the second model alone, %s: %s', async (mode, end, status) => {
    here.play = reviewers(scored('x', 100), scored('M1', 950));
    const input = gatedInput(here.stage, { settings: { ...validating({ cross_model: true }), ...other } });
    const { gated } = input;
    if (!gated) throw new Error('this is no gated run');
    const state = await until(await start(here.stage, { ...input, gated: { ...gated, mode } }), isState(end));
    expect(postPrOf(state).phases.cross_model_review).toBe(status);
    if (mode === 'interactive') expect(postPrOf(state).notes.cross_model_review).toContain('reports a blocker');
    else expect(postPrOf(state)).toMatchObject({ exit: 4, halt: { reason: 'cross_model_blocker' } });
  });

  test('a second model that cannot be read is skipped, and seen', async () => {
    here.play = reviewers(scored('x', 100), () => says('It looks fine.'));
    const state = await finished(await begin({ cross_model: true }, { settings: other }));
    expect(postPrOf(state)).toMatchObject({ exit: 0, phases: { cross_model_review: 'skipped' } });
    expect(state.warnings).toContain('cross_model_review was skipped: error');
  });

  test('a role that a guardrail refuses is not skipped', async () => {
    here.play = {
      host: {
        writePrompt: async (_run, { about }) =>
          about.kind === 'score'
            ? { kind: 'refused', reason: 'an injection' }
            : { kind: 'ready', file: '/p', length: 1, sha256: '' },
      },
    };
    const state = await until(await begin({ cross_model: true }, { settings: other }), isHalted);
    expect(shown(state).run.halt?.reason).toContain(
      'cross_model_config_error: the first model was refused: an injection',
    );
  });
});

describe('the review of the pull request', () => {
  const finding = (severity: string, title: string) => ({ severity, title, file: 'a.ts', reasoning: 'because' });

  test('C88 each finding gets a record with its reason, and a critical one is a queued bug', async () => {
    const kept: RecordsRequest[] = [];
    const graded = ['CRITICAL', 'HIGH', 'MEDIUM', 'PRAISE'].map((severity) => finding(severity, `a ${severity} one`));
    here.play = reviewers(
      () => findings(graded),
      () => findings([]),
    );
    here.play = { ...here.play, host: { keepRecords: async (_run, request) => void kept.push(request) } };
    const state = await finished(await begin({ review: true }));
    expect(postPrOf(state)).toMatchObject({
      exit: 0,
      phases: { pr_review: 'completed' },
      bugs: [{ title: 'a CRITICAL one', command: 'locus run --bug "a CRITICAL one"' }],
    });
    const [, first, second] = kept;
    expect(first?.records.map(({ text }) => text.split(' ')[0])).toEqual([
      'dispatch_bug',
      'log_only',
      'log_only',
      'note',
    ]);
    for (const { text } of first?.records ?? []) expect(text).toMatch(/: \w+: .+; because$/);
    expect(first?.artifact?.name).toBe('pr-review-2.json');
    expect(second?.records).toEqual([]);
  });

  test('C88 with auto_triage off it is deferred, and nothing is queued', async () => {
    here.play = reviewers(
      () => findings([finding('CRITICAL', 'x')]),
      () => findings([]),
    );
    const state = await finished(await begin({ review: true, auto_triage: false }));
    expect(postPrOf(state).bugs).toEqual([]);
  });

  test('C89 an answer that cannot be read is asked for again, five times; what could be read is queued', async () => {
    const half = JSON.stringify({ findings: [finding('CRITICAL', 'x'), null] });
    here.play = reviewers(
      () => says(half),
      () => says('{"findings":{}}'),
    );
    const state = await until(await begin({ review: true }), isHalted);
    expect(postPrOf(state)).toMatchObject({ exit: 3, halt: { reason: 'pr_review_failed' }, bugs: [{ title: 'x' }] });
    expect(calls.filter((call) => call.startsWith('reviewer'))).toHaveLength(6);
  });

  test('a reviewer that gives no answer halts it', async () => {
    here.play = reviewers(() => ({ ...says(''), tampered: true }) as ReturnType<typeof says>);
    const state = await until(await begin({ review: true }), isHalted);
    expect(shown(state).run.halt?.reason).toBe('pr_review_no_findings: the reviewer changed the workspace');
    expect(postPrOf(state)).toMatchObject({ exit: 3, phases: { pr_review: 'failed' } });
  });
});
