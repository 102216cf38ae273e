import { describe, expect, test } from '@jest/globals';
import { dangerOf, judgeDanger, judgeRole } from '../../../src/domain/gated/danger.ts';

describe('the danger gate', () => {
  test.each([
    ['autonomous', false, 'safe', 'PROCEED', false],
    ['autonomous', false, 'moderate', 'PROCEED', false],
    ['autonomous', false, 'high', 'BLOCK', false],
    ['autonomous', false, 'critical', 'BLOCK', false],
    ['autonomous', true, 'safe', 'PROCEED', false],
    ['autonomous', true, 'moderate', 'PROCEED', false],
    ['autonomous', true, 'high', 'WARN', true],
    ['autonomous', true, 'critical', 'BLOCK', false],
    ['interactive', false, 'moderate', 'PROCEED', false],
    ['interactive', false, 'high', 'WARN', false],
    ['interactive', false, 'critical', 'WARN', false],
    ['interactive', true, 'high', 'WARN', false],
    ['interactive', true, 'critical', 'WARN', false],
  ] as const)('C103 %s, --allow-high %s, %s: %s', (mode, allowHigh, level, action, override_used) => {
    expect(judgeDanger(level, mode, allowHigh)).toMatchObject({ level, mode, action, override_used });
  });

  test.each(['', 'HIGH', 'low', 'constructor', ' safe', 'safe\r\n'])('the level %j blocks everywhere', (level) => {
    for (const mode of ['autonomous', 'interactive'] as const) {
      for (const allowHigh of [true, false]) {
        expect(judgeDanger(level, mode, allowHigh)).toMatchObject({ level, action: 'BLOCK', override_used: false });
      }
    }
  });

  test('a block says how a person may go on', () => {
    expect(judgeDanger('high', 'autonomous').reason).toContain('--allow-high');
    expect(judgeDanger('critical', 'autonomous').reason).not.toContain('--allow-high');
  });
});

describe('the levels of roles', () => {
  test.each(['implementer', 'reviewer', 'auditor', 'red-team', 'triage'])('%s is moderate', (role) => {
    expect(dangerOf(role)).toBe('moderate');
    expect(judgeRole(role, 'autonomous').action).toBe('PROCEED');
  });

  test.each(['deployer', '', 'Implementer', 'constructor', '__proto__'])(
    'C104 the unknown role %j is critical',
    (role) => {
      expect(judgeRole(role, 'autonomous', true)).toMatchObject({ level: 'critical', action: 'BLOCK' });
      expect(judgeRole(role, 'interactive')).toMatchObject({ level: 'critical', action: 'WARN' });
      expect(judgeRole(role, 'autonomous').reason).toContain(`nobody registered the role ${JSON.stringify(role)}`);
    },
  );

  test('one that is registered with no level at all is blocked everywhere', () => {
    expect(judgeRole('writer', 'interactive', true, { writer: 'harmless' })).toMatchObject({ action: 'BLOCK' });
  });
});
