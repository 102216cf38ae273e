import { expect, test } from '@jest/globals';
import { readFences } from '../../../src/domain/gated/fences.ts';

test.each([
  ['', [''], []],
  ['a\r\nb\rc', ['a', 'b', 'c'], []],
  ['a\n```ts x\nb\n\n```\nc', ['a', 'c'], [['ts x', 'b\n']]],
  ['```\na\n````\nb', ['b'], [['', 'a']]],
  ['````\n```\na\n````', [], [['', '```\na']]],
  ['```\n~~~\na\n```', [], [['', '~~~\na']]],
  ['~~~md\n```\n~~~ x\n~~~  \nb', ['b'], [['md', '```\n~~~ x']]],
  ['a\n```\nb', ['a'], []],
  ['``` a ` b\nc', ['``` a ` b', 'c'], []],
  ['    ```\na', ['    ```', 'a'], []],
])('%j', (text, outside, blocks) => {
  expect(readFences(text)).toEqual({ outside, blocks: blocks.map(([tag, inner]) => ({ tag, text: inner })) });
});
