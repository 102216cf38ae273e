import { expect, test } from '@jest/globals';
import { earlierSection, tellable } from '../../../src/domain/gated/prompt-parts.ts';
import type { Finding } from '../../../src/domain/gated/state.ts';

const finding = (n: number, message: string): Finding => ({
  ...{ id: `F${n}`, category: 'security', rule: `rule-${n}`, file: 'a.ts', line: n },
  ...{ severity: 'high', message, fix: 'mend it' },
});
const section = (findings: Parameters<typeof tellable>[0]) =>
  earlierSection('Found before', 'See:', [{ cycle: 1, gate: 'review', findings }]);

test('what is kept of findings is what a prompt shows of them, and no more', () => {
  const few = [finding(1, 'short'), finding(2, 'x'.repeat(400_000))];
  expect(JSON.stringify(tellable(few)).length).toBeLessThan(3_000);
  expect(earlierSection('Found before', 'See:', [{ cycle: 1, gate: 'review', findings: tellable(few) }])).toBe(
    section(few),
  );
  const many = Array.from({ length: 5_000 }, (_, n) => finding(n, 'of many'));
  expect(JSON.stringify(tellable(many)).length).toBeLessThan(80_000);
  expect(tellable(many)[100]).toEqual({ ...many[100], id: undefined });
});
