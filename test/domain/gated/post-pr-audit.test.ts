import { describe, expect, test } from '@jest/globals';
import { addedLines } from '../../../src/domain/gated/added-lines.ts';
import { type AuditResult, audit, decideAudit } from '../../../src/domain/gated/post-pr-audit.ts';

const file = (path: string, text: string, added: readonly number[] | null = []) => ({
  path,
  text,
  added: added === null ? null : new Set(added),
});
const rulesIn = ({ findings }: AuditResult) => findings.map(({ rule, line }) => `${rule}:${line}`);
const none = { rounds: 0, seen: {} };

describe('what the audit finds', () => {
  test.each([
    `const password = 'hunter2';`,
    `  api_key: "abc",`,
    `APIKEY="x"`,
    'a\r\nSecret :\t"s"',
    `token\n  =\n  'long'`,
  ])('C77 a hard-coded secret anywhere in a changed file escalates: %j', (text) => {
    const result = audit([file('src/a b.py', text)]);
    expect(result).toMatchObject({ verdict: 'ESCALATED', code: 2, findings: [{ severity: 'high', fixable: false }] });
    expect(JSON.stringify(result)).not.toMatch(/hunter2|abc/);
    expect(decideAudit(none, result)).toMatchObject({ next: 'halt', reason: 'audit_escalated' });
  });

  test.each([`password = process.env.PASSWORD`, `token: ''`, `const passwords = 2`, `secret = '\nx'`])(
    'no secret is in %j',
    (text) => expect(audit([file('a.ts', text)]).findings).toEqual([]),
  );

  test('an empty catch in a script escalates, one that does something does not', () => {
    expect(rulesIn(audit([file('a.js', 'try {}\ncatch (e) {\n}\n')]))).toEqual(['empty-catch:2']);
    expect(rulesIn(audit([file('a.ts', 'catch (e) { log(e); }')]))).toEqual([]);
    expect(rulesIn(audit([file('a.java', 'catch (e) {}')]))).toEqual([]);
  });

  test('secrets outrank: with nits beside them the verdict is still ESCALATED', () => {
    const text = `console.log(1)\npassword = "x"`;
    expect(audit([file('a.ts', text, [1])])).toMatchObject({ verdict: 'ESCALATED', findings: [{}, {}] });
  });

  test('C83 nits are found on added lines only, and not at all without a diff', () => {
    const text = 'one\n// TODO: old\n// FIXME: new\nconsole.info(1); console.log(2)';
    expect(rulesIn(audit([file('a.ts', text, [3])]))).toEqual(['todo-comment:3']);
    expect(rulesIn(audit([file('my dir/a.ts', text, [3, 4])]))).toEqual(['console-log:4', 'todo-comment:3']);
    expect(audit([file('a.ts', text)])).toMatchObject({ verdict: 'APPROVED', code: 0, nits: 'checked' });
    expect(audit([file('a.ts', text, null)])).toMatchObject({ verdict: 'APPROVED', findings: [], nits: 'skipped' });
  });

  test('a log is a nit in scripts that are no tests', () => {
    const text = 'console.log(1)';
    const paths = ['a.ts', 'a.js', 'a.test.ts', 'a.spec.js', 'a.py'];
    expect(audit(paths.map((path) => file(path, text, [1]))).findings.map((each) => each.file)).toEqual([
      'a.ts',
      'a.js',
    ]);
    expect(audit([file('a.ts', text, [1])])).toMatchObject({ verdict: 'CHANGES_REQUIRED', code: 1 });
  });

  test.each([
    'catch ('.repeat(100_000),
    'catch () {'.repeat(100_000),
    'token'.repeat(200_000),
    `token${' '.repeat(1_000_000)}`,
    `token = '`.repeat(100_000),
    'TODO:\n'.repeat(150_000),
  ])('a hostile file of a megabyte is read in time (%.20j)', (text) => {
    const start = performance.now();
    audit([file('a.ts', text, [1])]);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe('rounds of the audit', () => {
  const nit = (line: number, path = 'a.ts') => audit([file(path, `${'\n'.repeat(line - 1)}// TODO: x`, [line])]);

  test('C79 the same finding is fixed at twice, then the breaker halts', () => {
    let step = decideAudit(none, nit(11));
    expect(step.next).toBe('fix');
    step = decideAudit(step.rounds, nit(12));
    expect(step.next).toBe('fix');
    step = decideAudit(step.rounds, nit(19));
    expect(step).toMatchObject({ next: 'halt', reason: 'audit_circuit_breaker', rounds: { rounds: 3 } });
  });

  test('findings that are always new end after five rounds', () => {
    let rounds: { rounds: number; seen: Readonly<Record<string, number>> } = none;
    for (let round = 1; round <= 4; round += 1) {
      const step = decideAudit(rounds, nit(1, `${round}.ts`));
      expect(step.next).toBe('fix');
      rounds = step.rounds;
    }
    expect(decideAudit(rounds, nit(1, '5.ts'))).toMatchObject({ next: 'halt', reason: 'audit_max_iterations' });
    expect(decideAudit(rounds, audit([]))).toMatchObject({ next: 'pass' });
  });

  test('the same nit on ten lines of one place counts once a round', () => {
    const text = '// TODO: x\n'.repeat(9);
    expect(decideAudit(none, audit([file('a.ts', text, [1, 2, 3, 4])])).next).toBe('fix');
  });
});

describe('the lines that a diff adds', () => {
  const diff = [
    'diff --git a/my file.ts b/my file.ts',
    '--- a/my file.ts\t',
    '+++ b/my file.ts\t',
    '@@ -1,2 +1,4 @@ function x() {',
    ' one',
    '+++ b/looks-like.ts',
    '-- old',
    '+@@ -9 +9 @@',
    '+// TODO: x',
    '\\ No newline at end of file',
    '@@ -10 +12,2 @@',
    ' ten',
    '+eleven',
    'diff --git "a/\\303\\251\\t\\"q.ts" "b/\\303\\251\\t\\"q.ts"',
    '--- /dev/null',
    '+++ "b/\\303\\251\\t\\"q.ts"',
    '@@ -0,0 +1 @@',
    '+new',
    'diff --git a/gone.ts b/gone.ts',
    '--- a/gone.ts',
    '+++ /dev/null',
    '@@ -1,2 +0,0 @@',
    '-a',
    '-b',
    'diff --git a/bin b/bin',
    'Binary files a/bin and b/bin differ',
  ];

  test('are known by path and number, whatever they look like', () => {
    const lines = addedLines(diff.join('\n'));
    expect([...lines].map(([path, numbers]) => [path, [...numbers]])).toEqual([
      ['my file.ts', [2, 3, 4, 13]],
      ['é\t"q.ts', [1]],
    ]);
  });

  test('are none in nonsense', () => {
    for (const text of ['', '\r\n', '+++ ', '@@ -1 +1 @@\n+x', 'no diff at all\n+a']) {
      expect([...addedLines(text).values()].flatMap((numbers) => [...numbers])).toEqual([]);
    }
  });
});
