import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LocusFailure } from '../../src/domain/failures.ts';
import type { IssueDraft, PullDraft, Tracker } from '../../src/trackers/tracker.ts';

export interface TrackerUnderTest {
  readonly tracker: Tracker;
  /** Makes a branch with a commit where the tracker asks for one. */
  addBranch(name: string): Promise<void>;
  mergePull(number: number): Promise<void>;
  close(): Promise<void>;
}

const marker = '<!-- locus: run-1/task-1/done -->';

/** What every tracker must do. */
export function trackerContract(name: string, open: () => Promise<TrackerUnderTest>): void {
  describe(`${name} keeps the tracker contract`, () => {
    let subject: TrackerUnderTest;
    let tracker: Tracker;
    beforeEach(async () => {
      subject = await open();
      tracker = subject.tracker;
    });
    afterEach(() => subject.close());

    test('a repository that can be read passes the check', async () => {
      await expect(tracker.check()).resolves.toBeUndefined();
    });

    test('a new issue is read back as it was written', async () => {
      const sprint = await tracker.createSprint('Sprint 1');
      const body = 'First line\n\n---\n\nkey: value\n\n  indented `$(touch x)` 🎉';
      const title = 'Quote "this" & $(that): 🎉';
      const made = await tracker.createIssue(draft({ title, body, labels: ['type:bug'], sprint: sprint.number }));
      const read = await tracker.getIssue(made.number);
      expect(read).toMatchObject({ title, body, labels: ['type:bug'], sprint: 'Sprint 1', state: 'open' });
      expect(read).toMatchObject({ number: 1, commentCount: 0, url: made.url });
    });

    test('an unknown issue is IssueInvalid and named', async () => {
      const failure = await failureOf(tracker.getIssue(99));
      expect(failure.type).toBe('IssueInvalid');
      expect(failure.message).toContain('no issue #99');
    });

    test('writing to an unknown issue is IssueInvalid', async () => {
      expect((await failureOf(tracker.addLabels(99, ['a']))).type).toBe('IssueInvalid');
      expect((await failureOf(tracker.closeIssue(99))).type).toBe('IssueInvalid');
      const comment = { marker, body: marker, mayExist: true };
      expect((await failureOf(tracker.putComment(99, comment))).type).toBe('IssueInvalid');
    });

    test('listing gives more issues than a page holds, the oldest first', async () => {
      for (let i = 1; i <= 105; i += 1) await tracker.createIssue(draft({ title: `Issue ${i}` }));
      const numbers = (await tracker.listIssues({ state: 'all' })).map((issue) => issue.number);
      expect(numbers).toEqual(Array.from({ length: 105 }, (_, i) => i + 1));
    });

    test('listing filters by state and by sprint', async () => {
      const sprint = await tracker.createSprint('Sprint 1');
      await tracker.createIssue(draft({ title: 'apart' }));
      await tracker.createIssue(draft({ title: 'in it', sprint: sprint.number }));
      await tracker.createIssue(draft({ title: 'in it, closed', sprint: sprint.number }));
      await tracker.closeIssue(3);
      expect(await numbersOf(tracker, { state: 'open' })).toEqual([1, 2]);
      expect(await numbersOf(tracker, { state: 'closed' })).toEqual([3]);
      expect(await numbersOf(tracker, { state: 'open', sprint: sprint.number })).toEqual([2]);
      expect(await numbersOf(tracker, { state: 'all', sprint: sprint.number })).toEqual([2, 3]);
    });

    test('a sprint that does not exist is refused', async () => {
      expect((await failureOf(tracker.listIssues({ state: 'all', sprint: 9 }))).type).toBe('TrackerRefused');
      expect((await failureOf(tracker.createIssue(draft({ sprint: 9 })))).type).toBe('TrackerRefused');
    });

    test('pull requests are not among the issues', async () => {
      await tracker.createIssue(draft({}));
      await subject.addBranch('locus/issue-1');
      const pull = await tracker.putPull(pullDraft({}), { mayExist: false });
      expect(pull.number).toBe(2);
      expect(await numbersOf(tracker, { state: 'all' })).toEqual([1]);
      expect((await failureOf(tracker.getIssue(2))).type).toBe('IssueInvalid');
    });

    test('closing an issue twice leaves it closed', async () => {
      await tracker.createIssue(draft({}));
      await tracker.closeIssue(1);
      await tracker.closeIssue(1);
      expect((await tracker.getIssue(1)).state).toBe('closed');
    });

    test('an issue without a title is refused', async () => {
      expect((await failureOf(tracker.createIssue(draft({ title: '' })))).type).toBe('TrackerRefused');
    });

    test('a sprint counts its open issues, and one of the same title is not made twice', async () => {
      const first = await tracker.createSprint('Sprint "1" 🎉');
      await tracker.createSprint('Other');
      await tracker.createIssue(draft({ sprint: first.number }));
      await tracker.createIssue(draft({ sprint: first.number }));
      await tracker.closeIssue(1);
      expect((await tracker.createSprint('SPRINT "1" 🎉')).number).toBe(first.number);
      expect(await tracker.listSprints()).toEqual([
        { number: first.number, title: 'Sprint "1" 🎉', state: 'open', openIssues: 1 },
        { number: first.number + 1, title: 'Other', state: 'open', openIssues: 0 },
      ]);
    });

    test('labels are made once', async () => {
      await tracker.ensureLabels([{ name: 'locus:done', color: '006B75' }]);
      const again = [
        { name: 'LOCUS:Done', color: 'FFFFFF' },
        { name: 'locus:done', color: '006B75' },
      ];
      expect(await tracker.ensureLabels(again)).toEqual([]);
    });

    test('labels are added and removed, without regard to what is there', async () => {
      await tracker.createIssue(draft({ labels: ['p:high'] }));
      await tracker.addLabels(1, ['locus:done', 'order:1']);
      await tracker.addLabels(1, ['locus:done']);
      await tracker.addLabels(1, []);
      await tracker.removeLabel(1, 'order:1');
      await tracker.removeLabel(1, 'order:1');
      expect((await tracker.getIssue(1)).labels).toEqual(['p:high', 'locus:done']);
    });

    test('labels added at the same time are all there', async () => {
      await tracker.createIssue(draft({}));
      const names = Array.from({ length: 12 }, (_, i) => `order:${i}`);
      await Promise.all(names.map((label) => tracker.addLabels(1, [label])));
      expect([...(await tracker.getIssue(1)).labels].sort()).toEqual([...names].sort());
    });

    test('issues made at the same time get numbers of their own', async () => {
      const made = await Promise.all([1, 2, 3, 4, 5, 6].map((i) => tracker.createIssue(draft({ title: `${i}` }))));
      expect(made.map((issue) => issue.number).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test('a comment that may exist is updated, other comments are left alone', async () => {
      await tracker.createIssue(draft({}));
      await tracker.putComment(1, { marker: 'none', body: 'mine\n---\nlocus', mayExist: false });
      await tracker.putComment(1, { marker, body: `first\n${marker}`, mayExist: false });
      await tracker.putComment(1, { marker: 'none', body: `> first\n> ${marker}\n\nThanks`, mayExist: false });
      await tracker.putComment(1, { marker, body: `second\n${marker}`, mayExist: true });
      await tracker.putComment(1, { marker, body: `second\n${marker}`, mayExist: true });
      const bodies = (await tracker.listComments(1)).map((comment) => comment.body);
      expect(bodies).toEqual(['mine\n---\nlocus', `second\n${marker}`, `> first\n> ${marker}\n\nThanks`]);
      expect((await tracker.getIssue(1)).commentCount).toBe(3);
    });

    test('a comment that may exist and does not is made', async () => {
      await tracker.createIssue(draft({}));
      await tracker.putComment(1, { marker, body: marker, mayExist: true });
      expect(await tracker.listComments(1)).toMatchObject([{ body: marker }]);
    });

    test('a pull request is made once and then updated, whatever the hint says', async () => {
      await subject.addBranch('locus/issue-1');
      const first = await tracker.putPull(pullDraft({ body: 'one' }), { mayExist: false });
      const second = await tracker.putPull(pullDraft({ title: 'Two', body: 'two' }), { mayExist: false });
      const third = await tracker.putPull(pullDraft({ title: 'Three', body: 'three' }), { mayExist: true });
      expect([second.number, third.number]).toEqual([first.number, first.number]);
      const found = await tracker.findPull('locus/issue-1', 'all');
      expect(found).toEqual({
        number: first.number,
        url: first.url,
        title: 'Three',
        body: 'three',
        state: 'open',
        head: 'locus/issue-1',
        base: 'main',
        draft: false,
      });
    });

    test('a draft is one when it is made and when it is found, also once it was updated', async () => {
      await subject.addBranch('locus/issue-1');
      expect(await tracker.putPull(pullDraft({ draft: true }), { mayExist: false })).toMatchObject({ draft: true });
      await tracker.putPull(pullDraft({ title: 'Two', draft: true }), { mayExist: true });
      expect(await tracker.findPull('locus/issue-1', 'open')).toMatchObject({ title: 'Two', draft: true });
    });

    test('a pull request is labelled, comments on it count', async () => {
      await subject.addBranch('locus/issue-1');
      const { number } = await tracker.putPull(pullDraft({ labels: ['agent:managed'] }), { mayExist: false });
      await tracker.putPull(pullDraft({ labels: ['agent:managed'] }), { mayExist: true });
      await tracker.putComment(number, { marker, body: marker, mayExist: false });
      expect(await tracker.listComments(number)).toHaveLength(1);
    });

    test('a merged pull request is found among all, and the next one is new', async () => {
      await subject.addBranch('locus/issue-1');
      await subject.addBranch('locus/issue-10');
      const first = await tracker.putPull(pullDraft({}), { mayExist: false });
      await tracker.putPull(pullDraft({ head: 'locus/issue-10' }), { mayExist: false });
      await subject.mergePull(first.number);
      expect(await tracker.findPull('locus/issue-1', 'open')).toBeNull();
      expect(await tracker.findPull('locus/issue-1', 'all')).toMatchObject({ number: first.number, state: 'merged' });
      await subject.addBranch('locus/issue-1');
      const next = await tracker.putPull(pullDraft({}), { mayExist: true });
      expect(next.number).toBeGreaterThan(first.number);
      expect(await tracker.findPull('locus/issue-1', 'all')).toMatchObject({ number: next.number, state: 'open' });
    });
  });
}

export function draft(given: Partial<IssueDraft>): IssueDraft {
  return { title: 'An issue', body: '', labels: [], sprint: null, ...given };
}

export function pullDraft(given: Partial<PullDraft>): PullDraft {
  return { head: 'locus/issue-1', base: 'main', title: 'One', body: '', labels: [], draft: false, ...given };
}

export async function failureOf(work: Promise<unknown>): Promise<LocusFailure> {
  const error = await work.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  if (error instanceof LocusFailure) return error;
  throw error;
}

async function numbersOf(tracker: Tracker, query: Parameters<Tracker['listIssues']>[0]): Promise<number[]> {
  return (await tracker.listIssues(query)).map((issue) => issue.number);
}
