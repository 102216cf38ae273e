import { expect, test } from '@jest/globals';
import { isKnownAncestor, knownTree, noteAncestor, noteTree } from '../../src/git/known.ts';

const hash = (name: string) => name.padEnd(40, '0');

test('what was noted is known, and what follows from it', () => {
  for (const [parent, child] of [
    ['a', 'b'],
    ['b', 'c'],
    ['x', 'c'],
  ] as const)
    noteAncestor(hash(parent), hash(child));
  expect(isKnownAncestor(hash('a'), hash('c'))).toBe(true);
  expect(isKnownAncestor(hash('x'), hash('c'))).toBe(true);
  expect(isKnownAncestor(hash('x'), hash('b'))).toBe(false);
  expect(isKnownAncestor(hash('c'), hash('a'))).toBe(false);
});

test('a long line of commits is walked once', () => {
  for (let at = 0; at < 1000; at += 1) {
    noteAncestor(hash(`f${at}f`), hash(`f${at + 1}f`));
    expect(isKnownAncestor(hash('f0f'), hash(`f${at + 1}f`))).toBe(true);
  }
});

test('trees are known by their commits, and thousands of them are forgotten together', () => {
  noteTree(hash('a'), 'tree');
  expect(knownTree(hash('a'))).toBe('tree');
  for (let at = 0; at < 5000; at += 1) noteTree(hash(`e${at}e`), 'other');
  expect(knownTree(hash('a'))).toBeUndefined();
});
