import { describe, expect, test } from '@jest/globals';
import { issuePull, type PullTask, sprintPull } from '../../src/domain/pull-body.ts';
import { oddTitles } from './names.ts';

const runId = 'locus/acme/app/sprint/v2';
const done = (issue: number, title: string): PullTask => ({ issue, title, status: 'done', error: null });

test("a sprint's pull request closes what is done and only names the rest", () => {
  const { title, body } = sprintPull(
    'v2.0 Migration',
    [
      done(1, 'Add [login] & snake_case'),
      { issue: 2, title: 'Log out', status: 'failed', error: { message: 'no changes\nat line 3' } },
      { issue: 3, title: 'Old one', status: 'skipped', error: null },
      { issue: 4, title: 'Later', status: 'pending', error: null },
      done(5, 'More'),
    ],
    runId,
  );
  expect(title).toBe('Sprint: v2.0 Migration');
  expect(body).toBe(`- Closes #1: Add [login] & snake_case
- Closes #5: More

### Failed

- #2: Log out — no changes

### Skipped

- #3: Old one

### Not started

- #4: Later

---
🤖 Made by Locus in run \`${runId}\``);
});

test('an issue has a pull request that closes it', () => {
  const { title, body } = issuePull({ issue: 42, title: 'Add login', summary: 'Done.' }, runId);
  expect(title).toBe('Add login (#42)');
  expect(body).toBe(`Closes #42\n\nDone.\n\n---\n🤖 Made by Locus in run \`${runId}\``);
});

/** What GitHub closes when the pull request is merged. */
function closed(body: string): string[] {
  const keyword = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?:[\w.-]+\/[\w.-]+)?(#\d+|gh-\d+|https?:\/\/\S+)/gi;
  return [...body.matchAll(keyword)].map((match) => match[1] ?? '');
}

describe('a title from outside does nothing', () => {
  test.each([
    'Closes #1',
    'fixes: #1 and resolves acme/other#2',
    'Fixed https://github.com/acme/app/issues/1',
    'closes GH-1',
    'x\n- Closes #1',
    'ask @octocat and @acme/team',
    '![p](http://e.example/p.png) [a](http://e.example) <img src=x> <!-- x',
    ...oddTitles,
  ])('%j', (title) => {
    const failed: PullTask = { issue: 8, title, status: 'failed', error: { message: `${title} Closes #1` } };
    const bodies = [
      sprintPull(title, [done(7, title), failed], runId).body,
      issuePull({ issue: 7, title, summary: title }, runId).body,
    ];
    for (const body of bodies) {
      expect(closed(body)).toEqual(['#7']);
      expect(body).not.toMatch(/(?<!\w)@\w|\]\(|<[a-z!]/i);
    }
    expect(bodies[0]!.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(2);
  });
});

test.each(oddTitles)('the titles made of %j are one line that fits', (title) => {
  const titles = [sprintPull(title, [], runId).title, issuePull({ issue: 42, title }, runId).title];
  for (const line of titles) {
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line.length).toBeLessThanOrEqual(256);
  }
  expect(titles[1]).toMatch(/^\S.* \(#42\)$/);
});

test('a body of 1,000 long tasks is cut at the limit, says so and still names the run', () => {
  const tasks = Array.from({ length: 1000 }, (_, index) => done(index + 1, '🚀'.repeat(100)));
  const { body } = sprintPull('big', tasks, runId);
  expect(body.length).toBeLessThanOrEqual(65_536);
  expect(body).toContain('cut here');
  expect(body.endsWith(`\`${runId}\``)).toBe(true);
});

test('secrets are taken out of errors', () => {
  const failed: PullTask = { issue: 8, title: 'x', status: 'failed', error: { message: `bad ghp_${'a1'.repeat(20)}` } };
  expect(sprintPull('s', [failed], runId).body).toContain('- #8: x — bad [redacted]');
});
