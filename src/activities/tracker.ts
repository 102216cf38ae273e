import { activityInfo } from '@temporalio/activity';
import { doneComment, failedComment, pullComment } from '../domain/comment.ts';
import { isOurs } from '../domain/gated/bodies.ts';
import { assertOperation } from '../domain/guard.ts';
import { type LabelChange, managedLabel, runLabels, statusLabels, toStatus } from '../domain/labels.ts';
import { issuePull, sprintPull } from '../domain/pull-body.ts';
import { goesThroughGates, protectedIn, type RunContext } from '../domain/run.ts';
import { alone } from '../git/lock.ts';
import { openTracker } from '../trackers/open.ts';
import type { PullDraft, Tracker } from '../trackers/tracker.ts';
import { allBeating } from './border.ts';
import type { PullRef, StatusChange, TaskReport, TrackerActivities } from './contract.ts';
import type { Dependencies } from './deps.ts';
import type { GatedTrackerActivities } from './gated/contract.ts';

type AllTrackerActivities = TrackerActivities & GatedTrackerActivities;

export function createTrackerActivities(deps: Pick<Dependencies, 'secrets'>): AllTrackerActivities {
  async function open(run: RunContext): Promise<{ tracker: Tracker; hidden: string[] }> {
    const { token } = await deps.secrets(run);
    return { tracker: await openTracker(run.tracker, token), hidden: token === null ? [] : [token] };
  }

  async function changeStatus(
    tracker: Tracker,
    run: RunContext,
    change: StatusChange,
    to: Parameters<typeof toStatus>[0],
  ) {
    if (!run.settings.agent.autoLabel) return;
    const labels = change.labels ?? (await tracker.getIssue(change.issue)).labels;
    await applyLabels(tracker, change.issue, toStatus(to, labels));
  }

  async function openPull(
    run: RunContext,
    tracker: Tracker,
    draft: Omit<PullDraft, 'labels' | 'draft' | 'base'>,
    mayExist: boolean,
  ): Promise<PullRef> {
    requireHead(run, draft.head);
    const labels = run.settings.agent.autoLabel ? [managedLabel.name] : [];
    const pull = await tracker.putPull(
      { ...draft, base: run.baseBranch, labels, draft: false },
      { mayExist: mayExist || retried() },
    );
    return { number: pull.number, url: pull.url };
  }

  // One that was given up as lost, and goes on, is waited for by the one that takes its place under another name.
  const inTurn = (run: RunContext, issue: number, write: () => Promise<void>) =>
    alone(`write ${run.runId} ${issue}`, write);

  const markStarted = (run: RunContext, change: StatusChange) =>
    inTurn(run, change.issue, async () => {
      const { tracker } = await open(run);
      await changeStatus(tracker, run, change, 'inProgress');
    });

  const reportResult = (run: RunContext, report: TaskReport) =>
    inTurn(run, report.issue, () => writeResult(run, report));

  async function writeResult(run: RunContext, report: TaskReport) {
    const { tracker, hidden } = await open(run);
    await changeStatus(tracker, run, report, report.kind);
    const outcome = { ...report, runId: run.runId };
    const { failure } = report;
    const comment = failure ? failedComment({ ...outcome, failure }, hidden) : doneComment(outcome, hidden);
    await tracker.putComment(report.issue, { ...comment, mayExist: report.mayExist || retried() });
  }

  return allBeating<AllTrackerActivities>({
    markStarted,
    reportResult,

    async writeTogether(run, writes) {
      const making = writes.map((write) =>
        write.kind === 'markStarted' ? markStarted(run, write.change) : reportResult(run, write.change),
      );
      return (await Promise.allSettled(making)).map(({ status }) => status === 'fulfilled');
    },

    async prepareTracker(run) {
      const { tracker } = await open(run);
      const labels = goesThroughGates(run.type) ? [...runLabels, statusLabels.inReview] : runLabels;
      if (run.settings.agent.autoLabel) await tracker.ensureLabels(labels);
    },

    async clearStatus(run, change) {
      const { tracker } = await open(run);
      await changeStatus(tracker, run, change, null);
    },

    async openIssuePull(run, { issue, title, branch, summary, mayExist }) {
      const { tracker, hidden } = await open(run);
      const text = issuePull({ issue, title, summary }, run.runId, hidden);
      return openPull(run, tracker, { ...text, head: branch }, mayExist);
    },

    async openDraft(run, { branch, title, body }) {
      requireHead(run, branch);
      const { tracker } = await open(run);
      const found = await tracker.findPull(branch, 'open');
      if (found !== null && !isOurs(found)) {
        const comment = pullComment(run.runId, { title, body });
        await tracker.putComment(found.number, { ...comment, mayExist: true });
        return { number: found.number, url: found.url, isTheirs: true };
      }
      const draft = { head: branch, base: run.baseBranch, title, body, labels: [], draft: true };
      const pull = await tracker.putPull(draft, { mayExist: found !== null });
      return { number: pull.number, url: pull.url };
    },

    async findDraft(run, { branch }) {
      const { tracker } = await open(run);
      const found = await tracker.findPull(branch, 'open');
      return found && { number: found.number, url: found.url };
    },

    async markInReview(run, { issue }) {
      const { tracker } = await open(run);
      await changeStatus(tracker, run, { issue, labels: null }, 'inReview');
    },

    async openSprintPull(run, { branch, sprint, tasks }) {
      const { tracker, hidden } = await open(run);
      const text = sprintPull(sprint, tasks, run.runId, hidden);
      // A sprint's branch lives through many runs, so another one may have opened its pull request.
      return openPull(run, tracker, { ...text, head: branch }, true);
    },
  });
}

/** Labels that a stopped run takes back: only those that say that somebody works on it. */
async function applyLabels(tracker: Tracker, issue: number, change: LabelChange): Promise<void> {
  if (change.add.length > 0) await tracker.addLabels(issue, change.add);
  for (const name of change.remove) {
    if (change.add.length > 0 || name === statusLabels.inProgress.name) await tracker.removeLabel(issue, name);
  }
}

/** Of a pull request, made or edited. Fails with GuardRefused for a protected branch. */
function requireHead(run: RunContext, branch: string): void {
  const profile = goesThroughGates(run.type) ? 'gated' : 'plain';
  assertOperation('pr-create', branch, { defaultBranch: run.baseBranch, alsoProtected: protectedIn(run), profile });
}

/** An earlier attempt of this very activity may have written before it was cut off. */
function retried(): boolean {
  return activityInfo().attempt > 1;
}
