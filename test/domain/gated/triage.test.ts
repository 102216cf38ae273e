import { describe, expect, test } from '@jest/globals';
import { disqualifiersIn } from '../../../src/domain/gated/disqualifiers.ts';
import {
  judgeEligibility,
  missingFields,
  type TriageInput,
  triageStep,
  withAnswer,
} from '../../../src/domain/gated/triage.ts';
import type { Triage } from '../../../src/domain/gated/triage-record.ts';
import { bareTriage, fullTriage } from './bugs.ts';

/** In milliseconds. The square of 1 MiB takes minutes; a busy machine is a few times slower than an idle one. */
const tooLong = 3000;

const files = new Set(['src/list.ts', 'index.js']);
const trace = { ...bareTriage, evidence: fullTriage.evidence };
const steps = { ...bareTriage, reproduction: fullTriage.reproduction };
const traceIn = (file: string): Triage => ({
  ...bareTriage,
  evidence: { ...bareTriage.evidence, stack_trace: [{ file, line: 1 }] },
});
const judged = (triage: Triage, text = 'Login crashes') => judgeEligibility(text, triage, files);

describe('eligibility', () => {
  test('C95 a stack trace alone is rejected', () =>
    expect(judged(trace)).toMatchObject({ decision: 'reject', points: 1 }));

  test('C95 steps and a stack trace are accepted', () => {
    expect(judged(fullTriage)).toEqual({
      decision: 'accept',
      points: 3,
      signs: ['repro_steps', 'stack_trace_existing_location'],
      disqualifiers: [],
    });
  });

  test('C95 a feature is rejected, whatever speaks for it', () => {
    const reproduction = { ...fullTriage.reproduction, failing_test: 'dark.test.ts' };
    expect(judged({ ...fullTriage, reproduction }, 'Add dark mode support')).toMatchObject({
      decision: 'reject',
      points: 5,
      disqualifiers: ['ui'],
    });
    expect(judged({ ...fullTriage, disqualifiers: ['config'] })).toMatchObject({ decision: 'reject' });
  });

  test('C95 two points are confirmed by a person', () =>
    expect(judged(steps)).toMatchObject({ decision: 'confirm', points: 2 }));

  test('all signs together are seven points', () => {
    const evidence = { ...fullTriage.evidence, production_error_log: 'E1', regression_baseline: 'v1.2' };
    const reproduction = { ...fullTriage.reproduction, failing_test: 'list' };
    expect(judged({ ...fullTriage, reproduction, evidence }).points).toBe(7);
    expect(judged(bareTriage)).toMatchObject({ decision: 'reject', points: 0, signs: [] });
  });

  test.each(['src/list.ts', './src/list.ts', '/app/build/src/list.ts', 'C:\\app\\src\\list.ts', 'index.js'])(
    'the location %s is real',
    (file) => expect(judged(traceIn(file)).points).toBe(1),
  );

  test.each(['src/other.ts', '/usr/lib/index.js', '', 'list.ts', 'xsrc/list.ts'])('the location %j is not', (file) =>
    expect(judged(traceIn(file)).points).toBe(0),
  );
});

describe('a feature', () => {
  test.each([
    ['Add endpoint for users', ['endpoint']],
    ['Please add an endpoint', ['endpoint']],
    ['add a new page and create the API', ['endpoint', 'ui']],
    ['We want a new route', ['endpoint']],
    ['New screen for orders', ['ui']],
    ['A better design, please.', ['ui']],
    ['DARK MODE', ['ui']],
    ['We need a migration for users', ['schema']],
    ['add columns', ['schema']],
    ['Split it into microservices', ['architecture']],
    ['Add setting; then a new config', ['config']],
    ['It crashes. Add a page that says so.', ['ui']],
    ['We need dark mode, users can’t read at night', ['ui']],
    ['Add dark mode: the app does not have it', ['ui']],
    ['Build a new screen so that errors are shown', ['ui']],
    ['Please write a migration, the schema cannot hold long names', ['schema']],
    ['Split billing into a microservice because timeouts annoy users', ['architecture']],
    ['We should add\nan endpoint for users', ['endpoint']],
    ['add a REST endpoint', ['endpoint']],
  ])('is asked for by %j', (text, kinds) => expect(disqualifiersIn(text)).toEqual(kinds));

  test.each([
    '',
    'Login crashes',
    'The list crashes in dark mode',
    'The migration fails with an error',
    'It works as designed by Ann',
    'the address page is wrong',
    'the new table crashes\nwhen it is empty',
    'We need the migration to not fail',
    'Browsers that support dark mode crash',
    'It copies rows into new tables and fails',
    'The app crashes when I create a migration',
    'cannot create a new table: TypeError',
    'Fails to create a new config',
    'It crashes when you add a new screen',
    'See db/migration/1.sql',
    '```\nadd endpoint\n```',
    '~~~\nnew table',
    'The call to `add endpoint` returns 500',
    'TypeError\n    at design (src/a.ts:1:1)',
  ])('is not asked for by %j', (text) => expect(disqualifiersIn(text)).toEqual([]));

  test.each([
    'a',
    ' ',
    '\n',
    '/',
    '```\n',
    'dark a ',
    'add ',
    'new ',
    'we need ',
    '    at ',
    '. ',
    '.',
    './',
    '`',
    '~~~',
    '`x',
  ])('one MiB of %j takes no more than its length', (piece) => {
    const started = performance.now();
    disqualifiersIn(piece.repeat(1_048_576 / piece.length));
    expect(performance.now() - started).toBeLessThan(tooLong);
  });
});

describe('the step after a triage', () => {
  const input: TriageInput = {
    text: 'Login crashes',
    triage: fullTriage,
    files,
    testCommand: 'npm test',
    confirmed: null,
    answered: 0,
  };
  const step = (changes: Partial<TriageInput>) => triageStep({ ...input, ...changes });

  test('C98 without a test runner is a halt that says so', () => {
    expect(step({ testCommand: null })).toEqual({
      kind: 'halt',
      reason: 'no_test_runner',
      message: expect.stringContaining('no test runner'),
    });
  });

  test('is the fix where all is known', () => expect(step({})).toMatchObject({ kind: 'accept' }));

  test('C95 is a refusal, with its reason', () => {
    expect(step({ triage: trace })).toMatchObject({ kind: 'reject', message: expect.stringContaining('too little') });
    expect(step({ text: 'Add dark mode support' })).toMatchObject({
      kind: 'reject',
      message: expect.stringContaining('feature'),
    });
  });

  test('asks a person to confirm, and does as told', () => {
    const triage = { ...fullTriage, evidence: bareTriage.evidence };
    expect(step({ triage })).toMatchObject({ kind: 'confirm' });
    expect(step({ triage, confirmed: false })).toMatchObject({ kind: 'reject' });
    expect(step({ triage, confirmed: true })).toMatchObject({ kind: 'accept' });
  });

  test('asks for what is needed first, at most five questions', () => {
    const triage = { ...fullTriage, expected: null, severity: null, questions: ['a', 'b', 'c', 'd'] };
    const asked = step({ triage });
    expect(asked.kind === 'ask' && asked.questions.map(({ field }) => field)).toEqual([
      'expected',
      'severity',
      null,
      null,
      null,
    ]);
    expect(step({ triage, answered: 4 })).toMatchObject({ kind: 'ask', questions: [{ field: 'expected' }] });
    expect(step({ triage, answered: 5 })).toMatchObject({
      kind: 'reject',
      message: expect.stringContaining('expected, severity'),
    });
  });

  test('asks an agent’s own questions once', () => {
    const triage = { ...fullTriage, questions: ['On which system?'] };
    expect(step({ triage })).toMatchObject({ kind: 'ask', questions: [{ field: null, text: 'On which system?' }] });
    expect(step({ triage, answered: 1 })).toMatchObject({ kind: 'accept' });
  });
});

describe('an answer', () => {
  test('fills its field', () => {
    const filled = [
      ['reproduction', ' open it\r\n\n press x \n'],
      ['expected', 'a'],
      ['actual', 'b'],
      ['severity', ' High\n'],
    ] as const;
    const triage = filled.reduce((known, [field, answer]) => withAnswer(known, field, answer), bareTriage);
    expect(missingFields(bareTriage)).toEqual(['reproduction', 'expected', 'actual', 'severity']);
    expect(missingFields(triage)).toEqual([]);
    expect(triage).toMatchObject({ reproduction: { steps: ['open it', 'press x'] }, severity: 'high' });
  });

  test.each([
    ['severity', 'awful'],
    ['expected', ' \r\n'],
    ['reproduction', ''],
  ] as const)('to %s that is %j says nothing', (field, answer) => {
    expect(missingFields(withAnswer(bareTriage, field, answer))).toContain(field);
  });
});
