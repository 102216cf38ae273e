import type { Issue, IssueComment, PullRequest, Sprint } from '../domain/issue.ts';
import type { Label } from '../domain/labels.ts';

/**
 * Where issues and pull requests live. Every method rejects with a LocusFailure: TrackerRefused (404, 422, …),
 * CredentialsMissing, CredentialsRefused, IssueInvalid (no such issue) are final; TrackerUnavailable and RateLimited pass.
 * All writes are idempotent: doing one twice leaves one effect.
 */
export interface Tracker {
  readonly kind: 'github' | 'local';
  /** Resolves when the repository can be read with our credentials. */
  check(): Promise<void>;
  getIssue(number: number): Promise<Issue>;
  /** All pages; never pull requests. `sprint` is a milestone's number. */
  listIssues(query: { readonly sprint?: number; readonly state: 'open' | 'closed' | 'all' }): Promise<Issue[]>;
  /** All pages, oldest first. */
  listComments(issue: number): Promise<IssueComment[]>;
  createIssue(draft: IssueDraft): Promise<Issue>;
  closeIssue(issue: number): Promise<void>;
  /** All pages, open and closed, by number. */
  listSprints(): Promise<Sprint[]>;
  createSprint(title: string): Promise<Sprint>;
  /** Makes the ones that are missing (compared without regard to case), leaves the others alone; answers with the names it made. */
  ensureLabels(labels: readonly Label[]): Promise<string[]>;
  addLabels(issue: number, names: readonly string[]): Promise<void>;
  /** An absent label counts as removed. */
  removeLabel(issue: number, name: string): Promise<void>;
  /**
   * Leaves exactly one comment that contains `marker`. `mayExist: false` says that nobody can have written it yet, so
   * no look-up is made; otherwise an existing one is updated where its body differs.
   */
  putComment(
    issue: number,
    comment: { readonly marker: string; readonly body: string; readonly mayExist: boolean },
  ): Promise<void>;
  /** The newest pull request with that head branch, or null. */
  findPull(head: string, state: 'open' | 'all'): Promise<PullRequest | null>;
  /** Leaves exactly one open pull request for `draft.head`, with that title and body; looks before it writes, as told. */
  putPull(draft: PullDraft, hint: { readonly mayExist: boolean }): Promise<PullRequest>;
}

export interface IssueDraft {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  /** Milestone number. */
  readonly sprint: number | null;
}

export interface PullDraft {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly draft: boolean;
}
