import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { labelsOf, pullsOf } from './support/github.ts';
import { makeRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

const count = 120;

test('a sprint of 120 issues loses none of them, whatever a page of the tracker holds', async () => {
  const repository = await makeRepository(world, { config: { agent: { callsPerHour: 1000 } } });
  const { github } = repository;
  // The order runs against the numbers, so that it cannot come from the pages.
  const issues = Array.from({ length: count }, (_, index) => ({
    title: `Task ${index + 1}`,
    milestone: 'Big',
    labels: [`order:${count - index}`],
  }));
  github.seed({ issues });
  await world.locus(['up'], { cwd: repository.root });

  const began = Date.now();
  const { code, stdout } = await repository.run(['run']);
  const seconds = (Date.now() - began) / 1000;
  console.log(
    `${count} tasks in ${seconds.toFixed(1)} s: ${Math.round((seconds * 1000) / count)} ms a task, ${github.log.length} calls`,
  );
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining(`finished: ${count} of ${count} tasks done`),
  });

  const expected = Array.from({ length: count }, (_, index) => count - index);
  expect(await repository.agentStarts()).toEqual(expected);
  expect((await repository.commits('locus/sprint-big')).map(({ issue }) => Number(issue))).toEqual(expected);
  expect(pullsOf(github)).toEqual([`#${count + 1} locus/sprint-big→main open "Sprint: Big"`]);
  const closed = [...(github.state().pulls[0]?.body ?? '').matchAll(/^- Closes #(\d+): /gm)].map(([, number]) =>
    Number(number),
  );
  expect(closed).toEqual(expected);
  for (const issue of github.state().issues) {
    expect(labelsOf(issue)).toEqual(['locus:done', `order:${count + 1 - issue.number}`]);
    expect(issue.comments).toHaveLength(1);
  }
  expect(await repository.worktrees()).toEqual([]);
}, 300_000);
