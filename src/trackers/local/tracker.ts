import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { LocusFailure } from '../../domain/failures.ts';
import type { Issue, PullRequest, Sprint } from '../../domain/issue.ts';
import { holdsMarker, sameText } from '../text.ts';
import type { Tracker } from '../tracker.ts';
import type { Entry, EntryChange } from './entry.ts';
import { asFailures } from './files.ts';
import { createSprints, findSprint, type RecordedSprint, sprintTitleOf } from './sprints.ts';
import { createStore } from './store.ts';

const ourName = 'locus';

/** Issues and pull requests as files in the repository's git folder: no server, no account. */
export function createLocalTracker({ commonDir }: { readonly commonDir: string }): Tracker {
  const store = createStore(commonDir);
  const sprints = createSprints(store);

  async function issueOf(number: number): Promise<Entry> {
    const entry = await store.read('issue', number);
    if (!entry) throw new LocusFailure('IssueInvalid', `no issue #${number} in ${store.folder}`);
    return entry;
  }

  /** Labels and comments belong to pull requests too, as on GitHub. */
  async function issueOrPull(number: number): Promise<Entry> {
    return (await store.read('pull', number)) ?? issueOf(number);
  }

  /** Writes what `plan` wants changed, if anything. The first write to an issue settles its sprint's number. */
  function change(number: number, plan: (entry: Entry) => EntryChange | null): Promise<void> {
    return store.exclusively(async () => {
      const entry = await issueOrPull(number);
      const wanted = plan(entry);
      if (wanted === null) return;
      const known = await sprints.recorded();
      const sprint = sprintTitleOf(entry, known);
      if (sprint !== null && !findSprint(known, sprint)) await sprints.record(sprint);
      await store.change(entry, wanted);
    });
  }

  async function getIssue(number: number): Promise<Issue> {
    return toIssue(await issueOf(number), await sprints.recorded());
  }

  const listIssues: Tracker['listIssues'] = async ({ sprint, state }) => {
    const entries = await store.list('issue');
    const known = await sprints.list(entries);
    const wanted = known.find((one) => one.number === sprint);
    if (sprint !== undefined && !wanted) {
      throw new LocusFailure('TrackerRefused', `no sprint number ${sprint} in ${store.folder}`);
    }
    return entries
      .map((entry) => toIssue(entry, known))
      .filter((issue) => (!wanted || issue.sprint === wanted.title) && (state === 'all' || issue.state === state));
  };

  const createIssue: Tracker['createIssue'] = ({ title, body, labels, sprint }) =>
    store.exclusively(async () => {
      if (title.trim() === '') throw new LocusFailure('TrackerRefused', 'an issue needs a title');
      const known = sprint === null ? [] : await sprints.list(await store.list('issue'));
      const milestone = known.find((one) => one.number === sprint)?.title ?? null;
      if (sprint !== null && milestone === null) {
        throw new LocusFailure('TrackerRefused', `no sprint number ${sprint} in ${store.folder}`);
      }
      if (milestone !== null) await sprints.record(milestone);
      const entry = await store.create('issue', { title, state: 'open', labels, milestone, body });
      return toIssue(entry, known);
    });

  const createSprint: Tracker['createSprint'] = (title) =>
    store.exclusively(async () => {
      if (title.trim() === '') throw new LocusFailure('TrackerRefused', 'a sprint needs a title');
      return sprints.record(title);
    });

  const putComment: Tracker['putComment'] = (issue, { marker, body, mayExist }) =>
    change(issue, ({ document: { comments } }) => {
      const found = mayExist ? comments.findIndex((comment) => holdsMarker(comment.body, marker)) : -1;
      if (found < 0) {
        return { comments: [...comments, { author: ourName, at: new Date().toISOString(), body }] };
      }
      if (sameText(comments[found]?.body ?? '', body)) return null;
      return { comments: comments.map((comment, i) => (i === found ? { ...comment, body } : comment)) };
    });

  const findPull: Tracker['findPull'] = async (head, state) => {
    const found = await newestPull(head, state);
    return found ? toPull(found) : null;
  };

  async function newestPull(head: string, state: 'open' | 'all'): Promise<Entry | undefined> {
    const pulls = await store.list('pull');
    return pulls.findLast((pull) => pull.head === head && (state === 'all' || pull.state === 'open'));
  }

  /** Looks whatever the hint says: here it costs no request. */
  const putPull: Tracker['putPull'] = ({ title, body, labels, head, base, draft }) =>
    store.exclusively(async () => {
      const found = await newestPull(head, 'open');
      if (!found) {
        return toPull(await store.create('pull', { title, state: 'open', labels, head, base, draft, body }));
      }
      const all = united(found.labels, labels);
      const isSame = found.title === title && sameText(found.document.body, body) && all.length === found.labels.length;
      return toPull(isSame ? found : await store.change(found, { title, body, labels: all }));
    });

  return {
    kind: 'local',
    check: () =>
      asFailures(commonDir, async () => {
        await access(commonDir, constants.R_OK | constants.W_OK);
        await sprints.recorded();
      }),
    getIssue,
    listIssues,
    listComments: async (issue) =>
      (await issueOrPull(issue)).document.comments.map(({ author, body }) => ({ author, body })),
    createIssue,
    closeIssue: (issue) => change(issue, ({ state }) => (state === 'open' ? { state: 'closed' } : null)),
    listSprints: async (): Promise<Sprint[]> => sprints.list(await store.list('issue')),
    createSprint,
    // A label is a word in a file: there is nothing to make.
    ensureLabels: async () => [],
    addLabels: (issue, names) =>
      change(issue, ({ labels }) => {
        const all = united(labels, names);
        return all.length === labels.length ? null : { labels: all };
      }),
    removeLabel: (issue, name) =>
      change(issue, ({ labels }) => {
        const left = labels.filter((label) => label.toLowerCase() !== name.toLowerCase());
        return left.length === labels.length ? null : { labels: left };
      }),
    putComment,
    findPull,
    putPull,
  };
}

function united(labels: readonly string[], more: readonly string[]): string[] {
  const known = new Set(labels.map((label) => label.toLowerCase()));
  const added = more.filter((label) => !known.has(label.toLowerCase()));
  return [...labels, ...new Set(added)];
}

function toIssue(entry: Entry, sprints: readonly RecordedSprint[]): Issue {
  return {
    number: entry.number,
    title: entry.title,
    body: entry.document.body,
    state: entry.state === 'open' ? 'open' : 'closed',
    labels: entry.labels,
    sprint: sprintTitleOf(entry, sprints),
    commentCount: entry.document.comments.length,
    url: entry.file,
  };
}

function toPull({ number, file, title, document, state, head, base, draft }: Entry): PullRequest {
  return { number, url: file, title, body: document.body, state, head, base, draft };
}
