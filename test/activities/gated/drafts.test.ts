import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createTrackerActivities } from '../../../src/activities/tracker.ts';
import { footer } from '../../../src/domain/gated/body-parts.ts';
import { createLocalTracker } from '../../../src/trackers/local/tracker.ts';
import { makeFixture, removeFolders } from '../../git/support.ts';
import { runOf } from '../support.ts';

afterAll(removeFolders);

const ours = (text: string) => [text, ...(footer('run-1').before ?? [])].join('\n');

/** A repository with a tracker of its own, and a run that leaves its draft for `feature/x` there. */
async function stage() {
  const fixture = await makeFixture();
  const context = runOf(fixture, { type: 'gated' });
  const { openDraft } = createTrackerActivities({ secrets: async () => ({ token: null, env: {} }) });
  const tracker = createLocalTracker({ commonDir: path.resolve(fixture.repository.commonDir) });
  return {
    tracker,
    put: (body: string, draft: boolean) =>
      tracker.putPull({ head: 'feature/x', base: 'main', title: 'Mine', body, labels: [], draft }, { mayExist: true }),
    leave: (title: string, body = ours(title)) =>
      new MockActivityEnvironment().run(openDraft, context, { branch: 'feature/x', title, body }),
    found: () => tracker.findPull('feature/x', 'open'),
  };
}

test('a draft of its own is updated, and never doubled', async () => {
  const { tracker, leave, found } = await stage();
  const first = await leave('One');
  expect(await leave('Two')).toEqual(first);
  expect(await found()).toMatchObject({ title: 'Two', body: ours('Two'), draft: true });
  expect(await tracker.listComments((await found())?.number ?? 0)).toEqual([]);
});

test.each([
  ['that a person has opened', 'my words', true],
  ['that a person has marked ready', ours('One'), false],
])('a pull request %s keeps its title and body, and has one comment', async (_what, body, draft) => {
  const { tracker, put, leave, found } = await stage();
  const { number, url } = await put(body, draft);
  for (const title of ['Two', 'Two', 'Three']) expect(await leave(title)).toEqual({ number, url, isTheirs: true });
  expect(await found()).toMatchObject({ number, title: 'Mine', body, draft });
  const comments = await tracker.listComments(number);
  expect(comments).toEqual([expect.objectContaining({ body: expect.stringContaining('🤖 **Three**') })]);
});
