import { expect, test } from '@jest/globals';
import { allHeadingsOf, headingsOf, readMarkdown, sectionAt } from '../../../src/domain/gated/markdown.ts';

test.each([
  ['', [''], []],
  ['a\r\nb\rc', ['a', 'b', 'c'], []],
  ['a\n```ts x\nb\n\n```\nc', ['a', '', '', '', '', 'c'], [['ts', 'b\n', true]]],
  ['```\na\n````\nb', ['', '', '', 'b'], [['', 'a', true]]],
  ['````\n```\na\n````', ['', '', '', ''], [['', '```\na', true]]],
  ['```\n~~~\na\n```', ['', '', '', ''], [['', '~~~\na', true]]],
  ['~~~md\n```\n~~~ x\n~~~  \nb', ['', '', '', '', 'b'], [['md', '```\n~~~ x', true]]],
  ['a\n```\nb', ['a', '', ''], [['', 'b', false]]],
  ['``` a ` b\nc', ['``` a ` b', 'c'], []],
  ['    ```\na', ['    ```', 'a'], []],
])('fenced code of %j', (text, outside, blocks) => {
  const read = readMarkdown(text);
  expect(read.outside).toEqual(outside);
  expect(read.blocks).toEqual(blocks.map(([tag, inner, closed]) => ({ tag, text: inner, closed })));
});

test('a section ends at the next heading that is no deeper, and none is in fenced code', () => {
  const markdown = readMarkdown('# A\n```\n## no\n```\n## B\nb\n### C\nc\n## D ##\n#no');
  const headings = headingsOf(markdown);
  expect(headings.map(({ level, text, at }) => [level, text, at])).toEqual([
    [1, 'A', 0],
    [2, 'B', 4],
    [3, 'C', 6],
    [2, 'D ##', 8],
  ]);
  expect(sectionAt(markdown, headings, headings[1]!)).toBe('## B\nb\n### C\nc');
});

test.each([
  ['A\n===\nb\n\nC\n---\nd', ['1 A 0', '2 C 4']],
  ['a\r\n\r\nTwo\r\nlines\r\n   ====  \r\n# B', ['1 Two lines 2', '1 B 5']],
  ['\n===\n\n---\n', []],
  ['# A\n---\n- b\n---\n- b\n  c\n---\n> d\n---\n1. e\n===', ['1 A 0']],
  ['```\nA\n===\n```\n---\n| a |\n|---|', []],
  ['---\ntitle: Security\n---\nA\n---', ['2 A 3']],
  ['---\nA\n===', ['1 A 1']],
])('headings of both forms in %j', (text, expected) => {
  const headings = allHeadingsOf(readMarkdown(text));
  expect(headings.map(({ level, text: words, at }) => `${level} ${words} ${at}`)).toEqual(expected);
});
