import { describe, expect, test } from '@jest/globals';
import { countFixed, findingIdentity, findingsHash } from '../../../src/domain/gated/identity.ts';
import type { Finding } from '../../../src/domain/gated/state.ts';

const secret = { category: 'security', rule: 'hardcoded-secret', file: 'a.ts', line: 11, severity: 'high' } as const;
const at = (line: number) => ({ ...secret, line });

describe('a finding', () => {
  test('C31 is one identity at lines 11 and 19, and another at 20', () => {
    expect(findingIdentity(at(11))).toBe('667ee330f64635c9');
    expect(findingIdentity(at(19))).toBe(findingIdentity(at(11)));
    expect(findingIdentity(at(10))).toBe(findingIdentity(at(11)));
    expect(findingIdentity(at(20))).not.toBe(findingIdentity(at(11)));
    expect(findingIdentity(at(9))).not.toBe(findingIdentity(at(11)));
  });

  test.each([{ category: 'quality' }, { rule: 'other' }, { file: 'b.ts' }, { severity: 'low' as const }])(
    'is another one with %j',
    (change) => {
      expect(findingIdentity({ ...secret, ...change })).not.toBe(findingIdentity(secret));
    },
  );

  test('is the same whatever it is called and however it is worded', () => {
    const told: Finding = { ...secret, id: 'F1', message: 'one', fix: 'a' };
    const again: Finding = { ...told, id: 'F9', message: 'two', fix: '' };
    expect(findingIdentity(told)).toBe(findingIdentity(again));
  });
});

describe('a set of findings', () => {
  const other = { ...secret, rule: 'empty-catch' };

  test('has one hash in any order and however often one is told', () => {
    expect(findingsHash([secret, other])).toBe(findingsHash([other, secret, at(12)]));
    expect(findingsHash([secret])).toMatch(/^[0-9a-f]{16}$/);
    expect(findingsHash([secret])).not.toBe(findingsHash([secret, other]));
  });

  test('that is empty has none', () => {
    expect(findingsHash([])).toBeNull();
  });

  test('tells how many of it are fixed', () => {
    expect(countFixed([secret, at(12), other], [other])).toBe(1);
    expect(countFixed([secret], [at(50)])).toBe(1);
    expect(countFixed([], [secret])).toBe(0);
  });
});
