import { describe, expect, test } from '@jest/globals';
import { deletionsSection, treeOf, withDeletions } from '../../../src/domain/gated/deletions.ts';
import { bodyOf } from '../../../src/domain/gated/sections.ts';
import type { Deletion } from '../../../src/domain/gated/state.ts';
import { oddTitles } from '../names.ts';

const deletionsBlock = (deletions: readonly Deletion[]) => bodyOf([deletionsSection(deletions)]);
const deleted = (...paths: readonly string[]) => ({ deleted: paths });

describe('deleted files', () => {
  test('C64 two files deleted in cycles 1 and 2 carry sprint and cycle, and the block says total 2', () => {
    const first = withDeletions([], deleted('src/old/a.ts'), 'sprint-1', 1);
    const both = withDeletions(first, deleted('README.md'), 'sprint-1', 2);
    expect(both).toEqual([
      { path: 'src/old/a.ts', sprint: 'sprint-1', cycle: 1 },
      { path: 'README.md', sprint: 'sprint-1', cycle: 2 },
    ]);
    expect(deletionsBlock(both)).toBe(`## Deleted Files

Total: 2 files

\`\`\`text
README.md (sprint-1, cycle 2)
src/old/
  a.ts (sprint-1, cycle 1)
\`\`\``);
  });

  test('C65 without a deletion the block is one line', () => {
    expect(deletionsBlock([])).toBe('No files were deleted.');
  });

  test('a path is listed and counted once, as it was first deleted', () => {
    const first = withDeletions([], deleted('a.ts', 'a.ts'), 'sprint-1', 1);
    const again = withDeletions(first, deleted('a.ts'), 'sprint-2', 4);
    expect(again).toEqual([{ path: 'a.ts', sprint: 'sprint-1', cycle: 1 }]);
    const doubled: Deletion[] = [...again, { path: 'a.ts', sprint: 'sprint-2', cycle: 4 }];
    expect(deletionsBlock(doubled)).toContain('Total: 1 file\n');
    expect(treeOf(doubled)).toEqual(['a.ts (sprint-1, cycle 1)']);
  });

  test('a path that comes back is deleted no longer', () => {
    const known = withDeletions([], deleted('a.ts', 'b.ts'), 'sprint-1', 1);
    expect(withDeletions(known, { deleted: ['c.ts'], added: ['a.ts'] }, 'sprint-1', 2).map(({ path }) => path)).toEqual(
      ['b.ts', 'c.ts'],
    );
  });

  test('the tree has a line for each directory, in the same order for any order of deletion', () => {
    const paths = ['b/z.ts', 'b/c/y.ts', 'x.ts', 'b/a.ts'];
    const of = (some: readonly string[]) => treeOf(withDeletions([], deleted(...some), 's', 1));
    expect(of(paths)).toEqual([
      'x.ts (s, cycle 1)',
      'b/',
      '  a.ts (s, cycle 1)',
      '  z.ts (s, cycle 1)',
      'b/c/',
      '  y.ts (s, cycle 1)',
    ]);
    expect(of(paths.toReversed())).toEqual(of(paths));
  });

  test.each([...oddTitles, '```', 'a\n```\n# x', '````js'])('a name like %j stays inside the block', (name) => {
    const block = deletionsBlock(withDeletions([], deleted(`src/${name}`), 'sprint-1', 1));
    const lines = block.split('\n');
    const fence = lines.at(-1)!;
    expect(fence).toMatch(/^`{3,}$/);
    expect(lines.filter((line) => line.startsWith(fence))).toHaveLength(2);
  });

  test('20,000 paths make a block that fits and still says how many', () => {
    const paths = Array.from({ length: 20_000 }, (_, index) => `src/folder/file-${index}.ts`);
    const block = deletionsBlock(withDeletions([], deleted(...paths), 'sprint-1', 1));
    expect(block.length).toBeLessThanOrEqual(65_536);
    expect(block).toContain('Total: 20000 files');
    expect(block).toMatch(/… and \d+ more: .*\n```$/);
  });
});
