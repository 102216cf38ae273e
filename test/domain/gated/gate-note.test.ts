import { expect, test } from '@jest/globals';
import { gateNote, outcomeInAll } from '../../../src/domain/gated/gate-note.ts';

const skipped = [gateNote('red-team', 'skipped', 'nothing to attack')];
const warned = [gateNote('dissent', 'did_not_run', 'no model'), gateNote('red-team', 'warning', 'two are open')];
const missed = [gateNote('red-team', 'did_not_run', 'no answer')];

test.each([
  ['passed', []],
  ['passed', [[], []]],
  ['warned', [[], warned]],
  ['skipped', [warned, skipped, []]],
  ['did_not_run', [skipped, missed, warned]],
])('of several targets the worst counts: %s', (outcome, targets) => {
  expect(outcomeInAll('red-team', targets)).toBe(outcome);
});
