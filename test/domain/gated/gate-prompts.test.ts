import { describe, expect, test } from '@jest/globals';
import { auditorPrompt, type GateParts, reviewerPrompt } from '../../../src/domain/gated/gate-prompts.ts';
import { redTeamPrompt } from '../../../src/domain/gated/red-team-prompt.ts';
import { repairPrompt } from '../../../src/domain/gated/repair-prompt.ts';
import { crossModelPrompt, pullReviewPrompt } from '../../../src/domain/gated/second-opinion-prompts.ts';
import { readTriage } from '../../../src/domain/gated/triage-answer.ts';
import { triagePrompt } from '../../../src/domain/gated/triage-prompt.ts';
import { oddTitles } from '../names.ts';
import { attacks, headingsOf, outsideFences } from './prompt-lines.ts';

const parts: GateParts = {
  instructions: null,
  target: { kind: 'section', name: 'sprint-3', title: 'Search', text: 'Add a search page.' },
  cycle: 2,
  repository: { name: 'acme/app', branch: 'feature/sprint-3', baseBranch: 'main' },
  diff: 'diff --git a/a b/a\n+x\n',
  report: 'I added it.',
  earlier: [],
};
const verdictLines = (prompt: string) => prompt.split('\n').filter((line) => line.startsWith('<!-- LOCUS-VERDICT '));
const told = (prompt: string) => prompt.replace(/\s+/g, ' ');

describe.each([
  ['review', reviewerPrompt],
  ['audit', auditorPrompt],
] as const)('the prompt for a %s', (gate, promptFor) => {
  const prompt = promptFor(parts);

  test('has its sections in order', () => {
    expect(headingsOf(prompt)).toEqual([
      `# Your task: ${gate} of sprint-3, cycle 2`,
      '# What was asked: sprint-3',
      '# What was done',
      '# What the other agent says',
      '# Repository',
      '# What to look for',
      '# How to answer',
    ]);
  });

  test('forbids to change anything', () => expect(prompt).toContain('Change nothing: no file, no commit'));

  test('C17 tells the form of findings and verdict exactly', () => {
    expect(prompt).toContain('one fenced block tagged `locus-findings`');
    const [line = '', ...more] = verdictLines(prompt);
    expect(more).toEqual([]);
    const json = /^<!-- LOCUS-VERDICT (\{.*\}) -->\s*$/.exec(line)?.[1] ?? '';
    expect(JSON.parse(json)).toEqual({
      gate,
      verdict: 'CHANGES_REQUIRED',
      counts: { critical: 0, high: 1, medium: 0, low: 0 },
      sprint_id: 'sprint-3',
      ts: '2026-01-31T12:00:00Z',
    });
    const example = /```locus-findings\n([\s\S]*?)\n```/.exec(prompt)?.[1] ?? '';
    expect(Object.keys(JSON.parse(example)[0])).toEqual([
      'id',
      'category',
      'rule',
      'file',
      'line',
      'severity',
      'message',
      'fix',
    ]);
    expect(told(prompt)).toContain('With a critical or high finding it is CHANGES_REQUIRED.');
  });

  test('C14 asks only a review for "All good"', () => {
    expect(prompt.includes('the first line is `All good`')).toBe(gate === 'review');
    expect(prompt.includes('Changes Required, Findings or Issues')).toBe(gate === 'review');
  });

  test('names what was found before, and leaves out what is not there', () => {
    const finding = { rule: 'r', file: 'a.ts', line: 3, severity: 'low' } as const;
    const earlier = [{ cycle: 1, gate, findings: [finding] }];
    expect(promptFor({ ...parts, earlier })).toContain(`cycle 1, ${gate}: [low] a.ts:3 r:`);
    expect(headingsOf(promptFor({ ...parts, report: ' ', diff: '' }))).not.toContain('# What was done');
  });
});

test('the review of a bug asks for the test that fails without the fix', () => {
  const target = { kind: 'bug', name: 'sprint-bug-7', title: 'x', text: 'y' } as const;
  expect(reviewerPrompt({ ...parts, target })).toContain('one test that fails without the fix');
});

describe('the red team', () => {
  test('compares design and diff, and answers with one object', () => {
    const prompt = redTeamPrompt({
      target: 'sprint-3',
      channels: [
        { name: 'design', text: '## Security\nTokens expire.' },
        { name: 'diff', text: '+x' },
        { name: 'feedback', text: 'F1' },
      ],
    });
    expect(headingsOf(prompt)).toEqual([
      '# Your task: does the code of sprint-3 do what its design says?',
      '# What the design says about security',
      '# What the code changes',
      '# What earlier reviews and audits found',
      '# How to answer',
    ]);
    const answer = /```json\n([\s\S]*?)\n```/.exec(prompt)?.[1] ?? '';
    expect(Object.keys(JSON.parse(answer).findings[0])).toHaveLength(7);
    expect(prompt).toContain('Change nothing');
  });
});

describe('triage', () => {
  const bug = { id: '20261121-0a1b2c', title: 'Login crashes', text: 'It crashes.' };
  const triage = { instructions: null, bug, answers: [], repository: parts.repository };
  const prompt = triagePrompt({ ...triage, answers: [{ question: 'What should happen?', answer: 'a message' }] });

  test('changes nothing and is given the answers of people', () => {
    expect(headingsOf(prompt)).toEqual([
      '# Your task: triage of bug 20261121-0a1b2c',
      '# What was reported',
      '# What people answered',
      '# Repository',
      '# How to answer',
    ]);
    expect(prompt).toContain('Change nothing');
    expect(prompt).toContain('Asked: What should happen?\nAnswered: a message');
  });

  test('is told a form that its reader takes', () => {
    const example = /^(```locus-triage\n[\s\S]*?\n```)$/m.exec(prompt)?.[1] ?? '';
    expect(readTriage(example)).toMatchObject({ problems: [], triage: { class: 'runtime_error', questions: [] } });
  });

  test('needs no more than a title', () => {
    expect(triagePrompt({ ...triage, bug: { ...bug, text: '' } })).toContain('There is nothing but the title.');
  });
});

describe('a repair', () => {
  test.each([
    ['review', 'LOCUS-VERDICT'],
    ['audit', 'LOCUS-VERDICT'],
    ['red-team', 'CONFIRMED_DIVERGENCE'],
    ['triage', '```locus-triage'],
  ] as const)('of a %s says what is wrong, shows the answer and tells the form again', (by, form) => {
    const prompt = repairPrompt({ by, target: 'sprint-3', problems: ['two verdicts', 'a\nb'], answer: 'LGTM' });
    expect(prompt).toContain('- two verdicts\n- a b\n');
    expect(prompt).toContain('```markdown\nLGTM\n```');
    expect(prompt).toContain(form);
    expect(prompt).toContain('do not make it fit');
  });

  test('of an answer that was empty', () => {
    const prompt = repairPrompt({ by: 'audit', target: 'sprint-3', problems: [], answer: '\r\n' });
    expect(prompt).toContain('The answer was empty.');
  });
});

describe('second opinions', () => {
  const known = [{ id: 'F1', title: 'a null' }];
  test.each([
    [crossModelPrompt({ ...parts, known }), '"score":650'],
    [pullReviewPrompt({ ...parts, known }), '"reasoning":'],
  ])('%#', (prompt, form) => {
    expect(prompt).toContain('F1: a null');
    expect(prompt).toContain(form);
    expect(prompt).toContain('Change nothing');
  });
});

test.each([...oddTitles, ...attacks])('text from outside stays in its fence: %j', (text) => {
  const prompts = (odd: string) => {
    const finding = { rule: odd, file: odd, line: 3, severity: 'low' } as const;
    const target = { ...parts.target, title: `${odd}.`, text: `${odd}.` } as GateParts['target'];
    const all = {
      ...parts,
      target,
      diff: `+${odd}`,
      report: `${odd}.`,
      earlier: [{ cycle: 1, gate: 'x', findings: [finding] }],
    };
    const bug = { id: 'b', title: odd, text: `${odd}.` };
    const known = [{ id: odd, title: odd }];
    return [
      reviewerPrompt(all),
      auditorPrompt(all),
      crossModelPrompt({ ...all, known }),
      pullReviewPrompt({ ...all, known }),
      redTeamPrompt({ target: 'sprint-3', channels: [{ name: 'design', text: odd }] }),
      triagePrompt({ ...all, bug, answers: [{ question: odd, answer: odd }] }),
      repairPrompt({ by: 'review', target: 'sprint-3', problems: [odd], answer: `${odd}.` }),
    ];
  };
  expect(prompts(text).map(outsideFences)).toEqual(prompts('x').map(outsideFences));
});

test('huge parts give prompts of less than 400,000 characters that keep their form', () => {
  const huge = 'y'.repeat(1_000_000);
  const all = {
    ...parts,
    instructions: huge,
    target: { ...parts.target, text: huge } as GateParts['target'],
    diff: huge,
    report: huge,
  };
  const prompts = [
    reviewerPrompt(all),
    triagePrompt({ ...all, bug: { id: 'b', title: huge, text: huge }, answers: [{ question: 'q', answer: huge }] }),
    repairPrompt({ by: 'triage', target: 'x', problems: Array(100).fill(huge), answer: huge }),
    redTeamPrompt({ target: 'x', channels: [{ name: 'diff', text: huge }] }),
  ];
  for (const prompt of prompts) {
    expect(prompt.length).toBeLessThan(400_000);
    expect(prompt).toContain('\n# How to answer\n');
  }
});
