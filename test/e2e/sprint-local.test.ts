import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { makeLocalRepository, type TestRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

test('a sprint on the local tracker leaves files in the git folder and commits on the remote', async () => {
  const repository = await makeLocalRepository(world);
  const { run } = repository;
  expect(await run(['sprint', 'add', 'Sprint 1'])).toMatchObject({ code: 0 });
  expect(
    await run(['issue', 'add', 'One', '--sprint', 'Sprint 1', '--order', '2', '--label', 'type:bug']),
  ).toMatchObject({ code: 0 });
  expect(
    await run(['issue', 'add', 'Two', '--sprint', 'Sprint 1', '--order', '1', '--body', 'write two.txt']),
  ).toMatchObject({ code: 0 });
  expect(await run(['issue', 'add', 'Three', '--sprint', 'Sprint 1'])).toMatchObject({ code: 0 });

  const { code, stdout } = await run(['run']);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('finished: 3 of 3 tasks done, pull request #4'),
  });
  expect(await repository.agentStarts()).toEqual([2, 1, 3]);
  expect((await repository.commits('locus/sprint-sprint-1')).map(({ subject, files }) => [subject, files])).toEqual([
    ['feat: Two (#2)', ['two.txt']],
    ['fix: One (#1)', ['issue-1.txt']],
    ['feat: Three (#3)', ['issue-3.txt']],
  ]);

  expect(await front(repository, 'issues/1.md')).toMatchObject({
    title: 'One',
    state: 'open',
    labels: ['order:2', 'type:bug', 'locus:done'].sort(),
  });
  expect(await front(repository, 'issues/3.md')).toMatchObject({ labels: ['locus:done'], milestone: 'Sprint 1' });
  expect(await text(repository, 'issues/2.md')).toContain('🤖 **Locus execution complete**');
  expect(await front(repository, 'pulls/4.md')).toMatchObject({
    title: 'Sprint: Sprint 1',
    state: 'open',
    labels: ['agent:managed'],
  });
  expect(await text(repository, 'pulls/4.md')).toContain('- Closes #2: Two\n- Closes #1: One\n- Closes #3: Three');
  expect(await repository.git('status', '--porcelain')).toBe('');
  expect(await repository.worktrees()).toEqual([]);

  const again = await run(['run']);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('#1 One: done already, pull request #4') });
  expect(await repository.agentStarts()).toHaveLength(3);
}, 120_000);

function text({ root }: TestRepository, file: string): Promise<string> {
  return readFile(path.join(root, '.git', 'locus', file), 'utf8');
}

async function front(repository: TestRepository, file: string): Promise<Record<string, unknown>> {
  const [, head = ''] = (await text(repository, file)).split(/^---$/m);
  const fields = parse(head);
  return { ...fields, labels: [...(fields.labels ?? [])].sort() };
}
