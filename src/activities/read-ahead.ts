import type { Issue, IssueComment } from '../domain/issue.ts';
import type { RunContext } from '../domain/run.ts';
import type { Tracker } from '../trackers/tracker.ts';

export interface IssueText {
  readonly issue: Issue;
  /** Oldest first. */
  readonly comments: readonly IssueComment[];
}

/** How old an issue may be that was read ahead. */
const freshMs = 15_000;
/** Tasks of a run that begin within this time of each other are quick: only then is anything read ahead. */
const quickMs = 10_000;

/**
 * Reads issues as their tasks begin. Where the tasks of a run take no longer than the tracker's answers, those of the next
 * ones are read meanwhile, so that no task waits for them; an agent that works for minutes gets its issue as it then is.
 */
export class IssueReader {
  private readonly ahead = new Map<string, { readonly at: number; readonly read: Promise<IssueText> }>();
  private readonly begun = new Map<string, number>();
  private readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** `next`: issues of the tasks that follow in the run. */
  async read(run: RunContext, tracker: Tracker, issue: number, next: readonly number[]): Promise<IssueText> {
    this.forgetOld();
    const keyOf = (number: number) => `${JSON.stringify(run.tracker)} ${number}`;
    const known = this.ahead.get(keyOf(issue));
    this.ahead.delete(keyOf(issue));
    if (this.begun.has(run.runId)) {
      for (const number of next) {
        if (this.ahead.has(keyOf(number))) continue;
        const read = readIssue(tracker, number);
        // Its task reads it again, and tells what is wrong.
        read.catch(() => {});
        this.ahead.set(keyOf(number), { at: this.now(), read });
      }
    }
    this.begun.set(run.runId, this.now());
    return known ? known.read.catch(() => readIssue(tracker, issue)) : readIssue(tracker, issue);
  }

  private forgetOld(): void {
    for (const [key, { at }] of this.ahead) if (at < this.now() - freshMs) this.ahead.delete(key);
    for (const [run, at] of this.begun) if (at < this.now() - quickMs) this.begun.delete(run);
  }
}

async function readIssue(tracker: Tracker, number: number): Promise<IssueText> {
  const issue = await tracker.getIssue(number);
  const comments = issue.state === 'open' && issue.commentCount > 0 ? await tracker.listComments(number) : [];
  return { issue, comments };
}
