import { describe, expect, test } from '@jest/globals';
import { isRisky, riskGate, riskOf } from '../../../src/domain/gated/bug-risk.ts';
import { confidenceOf, testTypeOf } from '../../../src/domain/gated/confidence.ts';
import { bareTriage, fullTriage } from './bugs.ts';

describe('a path is risky', () => {
  test.each([
    'src/auth/login.ts',
    'keys.ts',
    'src/api-keys/list.ts',
    'src/databases.py',
    'app/OAuthClient.java',
    'lib/JWTHelper.rb',
    'lib/jwts.rb',
    'lib/JWTs.rb',
    'src/userPasswords.ts',
    'DB_CONN.go',
    'src/oauth2.ts',
    'stripe.config.js',
    'src\\Billing\\x.cs',
    'db/migrations/001.sql',
    'src/SchemaReader.ts',
    'credentials',
  ])('%s', (path) => expect(isRisky(path)).toBe(true));

  test.each([
    'src/monkey.ts',
    'src/keyboard.ts',
    'src/author.ts',
    'src/tokenizer.ts',
    'src/dbl.ts',
    'src/secretary.ts',
    'src/list.ts',
    'src/recharge.ts',
    'README.md',
    '',
  ])('not: %j', (path) => expect(isRisky(path)).toBe(false));
});

test.each([
  [['src/auth/login.ts', 'src/a.ts'], 'high', ['src/auth/login.ts']],
  [['src/a.ts'], 'low', []],
  [['a.ts', 'b.ts', 'c.ts'], 'low', []],
  [['a.ts', 'b.ts', 'c.ts', 'd.ts'], 'medium', []],
  [[], 'medium', []],
] as const)('the risk of %j is %s', (paths, level, risky) => expect(riskOf(paths)).toEqual({ level, paths: risky }));

describe('the risk gate', () => {
  const high = riskOf(['src/auth/login.ts']);

  test('C92 autonomous and high without --allow-high halts, and names the path', () => {
    const gate = riskGate(high, 'autonomous', false);
    expect(gate.action).toBe('halt');
    expect(gate.message).toMatch(/src\/auth\/login\.ts.*--allow-high/);
  });

  test('C92 with it the run goes on, and says so', () => {
    expect(riskGate(high, 'autonomous', true)).toEqual({
      action: 'proceed',
      message: 'high risk: src/auth/login.ts, let by --allow-high',
    });
  });

  test('C92 interactive and high asks, whatever is allowed', () => {
    expect(riskGate(high, 'interactive', false).action).toBe('ask');
    expect(riskGate(high, 'interactive', true).action).toBe('ask');
  });

  test.each(['interactive', 'autonomous'] as const)('less than high goes on in %s mode', (mode) => {
    expect(riskGate(riskOf([]), mode, false)).toEqual({ action: 'proceed', message: '' });
    expect(riskGate(riskOf(['src/a.ts']), mode, false)).toEqual({ action: 'proceed', message: '' });
  });
});

describe('the five signals', () => {
  test('C97 are told of a bug whose steps are known', () => {
    expect(confidenceOf(fullTriage, { files: 2, lines: 30 })).toEqual({
      reproduction_strength: 'strong',
      test_type: 'unit',
      files_changed: 2,
      lines_changed: 30,
      risk_level: 'low',
    });
  });

  test.each([
    [{ reproduction: { steps: [], failing_test: 'list fails' } }, 'strong'],
    [{ evidence: { ...bareTriage.evidence, production_error_log: 'E1' } }, 'weak'],
    [{ evidence: fullTriage.evidence }, 'weak'],
    [{}, 'manual_only'],
  ] as const)('%j is %s', (known, strength) => {
    expect(confidenceOf({ ...bareTriage, ...known }).reproduction_strength).toBe(strength);
  });

  test('a hint into a risky file makes it risky', () => {
    const fix_hints = [{ ...fullTriage.fix_hints[0]!, file: 'src/tokens.ts' }];
    expect(confidenceOf({ ...fullTriage, fix_hints }).risk_level).toBe('high');
  });

  test.each([
    ['runtime_error', 'unit'],
    ['logic_bug', 'unit'],
    ['integration_issue', 'integration'],
    ['edge_case', 'e2e'],
    ['contract_violation', 'contract'],
  ] as const)('a %s gets a test of type %s', (bugClass, type) => expect(testTypeOf(bugClass)).toBe(type));
});
