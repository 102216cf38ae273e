import { describe, expect, test } from '@jest/globals';
import { checkVerdict, gateOfFile } from '../../../src/domain/gated/check-verdict.ts';
import { readAskedVerdict, readVerdict } from '../../../src/domain/gated/verdict.ts';
import { answer, finding, findingsBlock, trailer } from './answers.ts';

const medium = finding({ severity: 'medium' });
const low = finding({ severity: 'low' });

const kindOf = (text: string, gate: 'review' | 'audit' | null = 'review') => readVerdict(text, gate).kind;
const reasonsOf = (text: string, gate: 'review' | 'audit' | null = 'review') => {
  const verdict = readVerdict(text, gate);
  return 'reasons' in verdict ? verdict.reasons : [];
};

describe('a verdict that is consistent', () => {
  test('C14 approves with 0/0/1/2 and the first line "All good"', () => {
    const text = answer({ findings: [medium, low, low] });
    expect(readVerdict(text, 'review')).toMatchObject({
      kind: 'approved',
      findings: [{ severity: 'medium' }, { severity: 'low' }, { severity: 'low' }],
      trailer: { gate: 'review', counts: { critical: 0, high: 0, medium: 1, low: 2 } },
    });
    expect(checkVerdict(text, 'review.md', { gate: null, required: false })).toEqual({
      exitCode: 0,
      stdout: 'APPROVED\n',
      stderr: '',
    });
  });

  test('C16 may ask for changes with 0/0/3/0: nothing high does not force approval', () => {
    const text = answer({ findings: [medium, medium, medium], verdict: 'CHANGES_REQUIRED' });
    expect(kindOf(text)).toBe('changes_required');
    expect(checkVerdict(text, 'review.md', { gate: null, required: false }).exitCode).toBe(0);
  });

  test('of a gate that was asked tells each finding that it counts', () => {
    const untold = answer({ findings: [medium], verdict: 'CHANGES_REQUIRED' }).replace(/```[\s\S]+?```/, '');
    expect(kindOf(untold)).toBe('changes_required');
    expect(readAskedVerdict(untold, 'review')).toEqual({
      kind: 'inconsistent',
      reasons: ['it counts 1 medium findings and tells 0'],
    });
    expect(readAskedVerdict(answer({ findings: [medium] }), 'review').kind).toBe('approved');
  });

  test('may ask for changes without any finding', () => {
    expect(kindOf(answer({ findings: [], verdict: 'CHANGES_REQUIRED' }))).toBe('changes_required');
  });

  test.each([
    ['CRLF', answer({ findings: [low] }).replaceAll('\n', '\r\n')],
    ['CR', answer({ findings: [low] }).replaceAll('\n', '\r')],
    ['a byte order mark', `\uFEFF${answer({ findings: [low] })}`],
    ['empty lines before and after', `\n \n${answer({ findings: [low] })}\n\n  \n`],
    ['no line end', answer({ findings: [low] }).trimEnd()],
    ['no block of findings', answer({ block: '' })],
    ['an empty block', answer({ block: '```locus-findings\n[]\n```' })],
    ['a longer fence', answer({ block: '~~~~ locus-findings json\n[]\n~~~~~' })],
    ['a heading in code', answer({ block: '```md\n## Findings\n```' })],
    ['a heading of level 3', answer({ block: '### Issues' })],
    ['another heading', answer({ block: '## No issues' })],
    ['a table', answer({ block: '| a |\n| --- |\n\n---' })],
    ['further fields', answer({ trailer: { ...trailer({}), by: 'me' } })],
  ])('takes %s', (_, text) => {
    expect(reasonsOf(text)).toEqual([]);
    expect(kindOf(text)).toBe('approved');
  });

  test('of an audit needs no first line, and may have any heading', () => {
    const text = answer({ gate: 'audit', firstLine: 'Audited.', block: '## Findings' });
    expect(kindOf(text, 'audit')).toBe('approved');
  });
});

describe('a verdict that is inconsistent', () => {
  const good = answer({});
  test.each([
    ['malformed JSON', 'All good\n<!-- LOCUS-VERDICT {"gate":"review", -->', 'form that was asked for'],
    ['JSON that does not parse', 'All good\n<!-- LOCUS-VERDICT {"gate":review} -->', 'no JSON'],
    ['two verdict lines', `${good}${good}`, '2 verdict lines'],
    ['text after the verdict', `${good}Done.\n`, 'text after the verdict line'],
    ['text behind it in the same line', `${good.trimEnd()} done`, 'form that was asked for'],
    ['a verdict inside a fence', good.replace('<!--', '```\n<!--').replace('-->', '-->\n```'), 'text after'],
    ['no JSON at all', 'All good\n<!-- LOCUS-VERDICT approved -->', 'form that was asked for'],
    ['an empty verdict', 'All good\n<!-- LOCUS-VERDICT {} -->', 'gate must be'],
    ['two outcomes', good.replace('"verdict":', '"verdict":"CHANGES_REQUIRED","verdict":'), 'says "verdict" twice'],
    ['two counts', good.replace('"high":', '"high":1,"\\u0068igh" :'), 'says "high" twice'],
  ])('C17 has %s', (_, text, reason) => {
    expect(kindOf(text)).toBe('inconsistent');
    expect(reasonsOf(text).join('; ')).toContain(reason);
    expect(checkVerdict(text, 'review.md', { gate: null, required: false }).exitCode).toBe(1);
  });

  test('C19 is that of another gate', () => {
    const text = answer({ gate: 'audit' });
    expect(reasonsOf(text)).toEqual(['the verdict is that of the audit, not of the review']);
    expect(checkVerdict(text, '/runs/1/review-2.md', { gate: null, required: false }).exitCode).toBe(1);
    expect(checkVerdict(text, 'answer.md', { gate: 'review', required: false }).exitCode).toBe(1);
    expect(checkVerdict(text, 'answer.md', { gate: null, required: false }).exitCode).toBe(0);
  });

  test.each(['critical', 'high'] as const)('approves although something is %s', (severity) => {
    for (const gate of ['review', 'audit'] as const) {
      const text = answer({ gate, findings: [finding({ severity })] });
      expect(reasonsOf(text, gate)).toEqual(['it approves with 1 critical or high findings']);
    }
  });

  test.each([
    [
      [finding({ severity: 'high' })],
      { critical: 0, high: 0, medium: 0, low: 0 },
      'counts 0 high findings and tells 1',
    ],
    [[], { critical: 0, high: 0, medium: 1, low: 0 }, 'counts 1 medium findings and tells 0'],
    [[low], { critical: 0, high: 0, medium: 1, low: 0 }, 'counts 1 medium findings and tells 0'],
  ])('counts otherwise than it tells (%#)', (findings, counts, reason) => {
    const text = answer({ findings, trailer: { ...trailer({ findings }), counts } });
    expect(reasonsOf(text).join('; ')).toContain(reason);
  });

  test.each([
    [answer({ firstLine: 'All good, but see below' }), 'first line'],
    [answer({ firstLine: 'all good' }), 'first line'],
    [answer({ firstLine: 'I looked at it.\nAll good' }), 'first line'],
    [answer({ block: '## Changes Required' }), 'heading "Changes Required"'],
    [answer({ block: '  ##   **Findings** of today' }), 'heading "Findings"'],
    [answer({ block: '## ISSUES' }), 'heading "Issues"'],
    [answer({ block: 'Issues\n------' }), 'heading "Issues"'],
  ])('approves a review unlike one that approves (%#)', (text, reason) => {
    expect(kindOf(text)).toBe('inconsistent');
    expect(reasonsOf(text).join('; ')).toContain(reason);
  });

  test.each([
    [{ gate: 'red-team' }, 'gate must be review or audit'],
    [{ verdict: 'approved' }, 'APPROVED or CHANGES_REQUIRED'],
    [{ counts: { critical: 0, high: 0, medium: 0 } }, 'whole numbers for low'],
    [{ counts: { critical: -1, high: 0.5, medium: '0', low: null } }, 'for critical, high, medium, low'],
    [{ counts: [0, 0, 0, 0] }, 'whole numbers'],
    [{ sprint_id: 7 }, 'sprint_id'],
    [{ ts: 'yesterday' }, 'ISO 8601'],
    [{ ts: '2026-13-45T00:00:00Z' }, 'ISO 8601'],
    [{ ts: undefined }, 'ISO 8601'],
  ])('has a verdict line with %j', (change, reason) => {
    expect(reasonsOf(answer({ trailer: { ...trailer({}), ...change } })).join('; ')).toContain(reason);
  });

  test.each([
    ['no array', '```locus-findings\n{}\n```', 'no array'],
    [
      'a finding of two severities',
      `\`\`\`locus-findings\n[${JSON.stringify(low).replace('"severity":', '"severity":"high","severity":')}]\n\`\`\``,
      'says "severity" twice',
    ],
    ['no JSON', '```locus-findings\n[{]\n```', 'no JSON'],
    ['null in it', '```locus-findings\n[null]\n```', 'finding 1 is no object'],
    ['two blocks', `${findingsBlock([])}\n\n${findingsBlock([])}`, '2 blocks'],
    ['an open block', '```locus-findings\n[]', 'not closed'],
    ['a line of text', findingsBlock([{ ...low, line: '12' }]), 'line must be a whole number'],
    ['a negative line', findingsBlock([{ ...low, line: -1 }]), 'line must be a whole number'],
    ['an unknown severity', findingsBlock([{ ...low, severity: 'blocker' }]), 'severity must be one of'],
    ['no rule', findingsBlock([{ ...low, rule: ' ' }]), 'rule must be a text'],
    ['no fix', findingsBlock([{ ...low, fix: undefined }]), 'fix must be a text'],
  ])('has findings with %s', (_, block, reason) => {
    const text = answer({ block, trailer: trailer({ findings: [low] }) });
    expect(kindOf(text)).toBe('inconsistent');
    expect(reasonsOf(text).join('; ')).toContain(reason);
  });
});

describe('a verdict that is missing', () => {
  test('C20 does not approve, whatever the prose says', () => {
    const text = 'Verdict: changes required\n\n## Critical Issues\n\n- the password is in the code\n';
    expect(kindOf(text)).toBe('missing');
    expect(checkVerdict(text, 'review.md', { gate: null, required: false })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'review.md: there is no verdict line\n',
    });
    expect(checkVerdict(text, 'review.md', { gate: null, required: true }).exitCode).toBe(1);
  });

  test.each(['', '\n', '\u0000', 'All good', 'All good\nAPPROVED', '`<!-- LOCUS-VERDICT {} -->`'])('%j', (text) => {
    expect(kindOf(text, null)).toBe('missing');
  });

  test('10 MB of prose, fences and marks are read in a moment', () => {
    const huge = `${'```'.repeat(1000)}\n${'<!-- LOCUS '.repeat(1000)}\n${' '.repeat(100_000)}\n##\n`.repeat(80);
    const from = performance.now();
    expect(kindOf(huge)).toBe('missing');
    expect(performance.now() - from).toBeLessThan(2000);
  });
});

test.each([
  ['review.md', 'review'],
  ['/audit/reviewer-feedback.md', 'review'],
  ['C:\\runs\\AUDIT.md', 'audit'],
  ['audit-of-review.md', null],
  ['preview.md', null],
  ['answer.txt', null],
  ['', null],
])('by its name %j is an answer of %j', (file, gate) => {
  expect(gateOfFile(file)).toBe(gate);
});
