import { describe, expect, test } from '@jest/globals';
import { readTriage } from '../../../src/domain/gated/triage-answer.ts';
import { bareTriage, fullTriage } from './bugs.ts';

const block = (value: unknown) =>
  `\`\`\`locus-triage\n${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}\n\`\`\``;
const problemsOf = (value: unknown) => readTriage(block(value)).problems;
const bare = { title: 'Login crashes', class: 'runtime_error' };

describe('an answer', () => {
  test('is read as it is, with prose around and CR at line ends', () => {
    const answer = `I looked.\n\n${block(fullTriage)}\n\nThat is all.`;
    expect(readTriage(answer)).toEqual({ triage: fullTriage, problems: [] });
    expect(readTriage(answer.replaceAll('\n', '\r\n'))).toEqual({ triage: fullTriage, problems: [] });
  });

  test('may leave out what is not known', () => {
    expect(readTriage(block(bare))).toEqual({ triage: bareTriage, problems: [] });
    const nothing = {
      ...bare,
      severity: null,
      reproduction: null,
      suspected_files: null,
      expected: ' ',
      strategy: null,
    };
    expect(readTriage(block(nothing)).triage).toEqual(bareTriage);
  });

  test('may hold other blocks, and ours inside of another is no answer', () => {
    expect(readTriage(`\`\`\`json\n{}\n\`\`\`\n${block(bare)}`).triage).toEqual(bareTriage);
    expect(readTriage(`\`\`\`\`md\n${block(bare)}\n\`\`\`\``).problems).toHaveLength(1);
  });

  test('is cut where it never ends, and made one line where one is meant', () => {
    const long = {
      ...bare,
      title: `a\n# b ${'x'.repeat(10_000)}`,
      actual: 'y'.repeat(10_000),
      questions: Array(500).fill('q'),
    };
    const { triage } = readTriage(block(long));
    expect(triage?.title).toMatch(/^a # b x{400,493}…$/);
    expect(triage?.actual).toHaveLength(4000);
    expect(triage?.questions).toHaveLength(50);
  });

  test('may name a file with ./ and a line as a number', () => {
    const suspected_files = [{ file: './src/a.ts', lines: 7, confidence: 'low' }];
    expect(readTriage(block({ ...bare, suspected_files })).triage?.suspected_files).toEqual([
      { file: 'src/a.ts', lines: '7', confidence: 'low', reason: '' },
    ]);
  });
});

describe('an answer that is refused', () => {
  test.each(['', 'no bug here', '```locus-triage\n{}', `${block(bare)}\n${block(bare)}`, '```\n{}\n```'])(
    '%j',
    (answer) => {
      expect(readTriage(answer)).toEqual({ triage: null, problems: [expect.stringMatching(/\d blocks tagged/)] });
    },
  );

  test.each(['', '{', 'null', '[]', '3', '"x"', '[null]'])('with %j in the block', (text) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining('the block tagged locus-triage')]);
  });

  test.each([
    [{}, ['title is missing', /^class is one of runtime_error/]],
    [{ ...bare, title: 3 }, ['title is no text', 'title is missing']],
    [{ ...bare, class: 'toString' }, [/^class/]],
    [{ ...bare, severity: 'HIGH' }, [/^severity is one of/]],
    [{ ...bare, reproduction: [] }, ['reproduction is no object']],
    [{ ...bare, reproduction: { steps: 'open' } }, ['reproduction.steps is no list']],
    [{ ...bare, suspected_files: [null] }, [/^suspected_files\[0\].file/, /confidence/]],
    [{ ...bare, suspected_files: [{ file: 'a', confidence: 'sure' }] }, [/confidence is one of/]],
    [{ ...bare, fix_hints: [{ file: 'a', action: 'delete' }] }, [/fix_hints\[0\].action is one of/]],
    [{ ...bare, evidence: { stack_trace: [{ file: 'a', line: 0 }] } }, [/stack_trace\[0\] has a file and a line/]],
    [{ ...bare, disqualifiers: ['big'] }, [/^disqualifiers\[0\]/]],
    [{ ...bare, questions: [{}] }, [/questions\[0\] is no text/]],
  ])('%j', (value, problems) => {
    expect(problemsOf(value)).toEqual(problems.map((problem) => expect.stringMatching(problem)));
    expect(readTriage(block(value)).triage).toBeNull();
  });

  test.each(['/etc/passwd', '../x', 'a/../../x', '~/x', 'C:\\x', 'a\\..\\x', '', '\\\\host\\x'])(
    'for the path %j',
    (file) => {
      expect(problemsOf({ ...bare, related_tests: [file] })).toEqual([
        'related_tests[0] is a path inside the repository',
      ]);
    },
  );

  test('with no more than 20 problems', () => {
    expect(problemsOf({ ...bare, disqualifiers: Array(100).fill('x') })).toHaveLength(20);
  });
});

test('keys of every object are no fields', () => {
  expect(readTriage(block('{"__proto__":{"title":"x","class":"logic_bug"}}')).triage).toBeNull();
});
