import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Everything the stand-in remembers of its one repository. Issues and pull requests share one sequence of numbers. */
export class Repository {
  constructor({ owner, repo, defaultBranch, repoDir }) {
    Object.assign(this, { owner, repo, defaultBranch, repoDir });
    this.reset();
  }

  reset() {
    this.issues = new Map();
    this.milestones = new Map();
    this.labels = new Map();
    this.lastNumber = 0;
    this.lastId = 1000;
    this.clock = Date.parse('2026-01-01T00:00:00Z');
  }

  nextId() {
    this.lastId += 1;
    return this.lastId;
  }

  /** A time that grows by a second with each call, so that sorting by it is never a tie. */
  now() {
    this.clock += 1000;
    return new Date(this.clock).toISOString().replace('.000Z', 'Z');
  }

  addIssue({ title, body = null, labels = [], milestone = null, state = 'open', comments = [] }) {
    this.lastNumber += 1;
    const at = this.now();
    const issue = {
      id: this.nextId(),
      number: this.lastNumber,
      title,
      body,
      state,
      labels: [],
      milestone: milestone === null ? null : this.findMilestone(milestone),
      comments: [],
      pull: null,
      createdAt: at,
      updatedAt: at,
      closedAt: state === 'closed' ? at : null,
    };
    this.issues.set(issue.number, issue);
    this.labelIssue(issue, labels);
    for (const comment of comments) this.addComment(issue, comment);
    return issue;
  }

  addComment(issue, comment) {
    const { body, author = 'someone' } = typeof comment === 'string' ? { body: comment } : comment;
    const at = this.now();
    const added = { id: this.nextId(), body, author, createdAt: at, updatedAt: at };
    issue.comments.push(added);
    issue.updatedAt = at;
    return added;
  }

  findComment(id) {
    for (const issue of this.issues.values()) {
      const comment = issue.comments.find((one) => one.id === id);
      if (comment) return { issue, comment };
    }
    return undefined;
  }

  addLabel({ name, color = 'ededed', description = null }) {
    const label = { id: this.nextId(), name, color, description };
    this.labels.set(name.toLowerCase(), label);
    return label;
  }

  /** As GitHub does, makes the labels that the repository does not have yet. */
  labelIssue(issue, names) {
    for (const name of names) {
      const label = this.labels.get(name.toLowerCase()) ?? this.addLabel({ name });
      if (!issue.labels.includes(label)) issue.labels.push(label);
    }
  }

  addMilestone({ title, state = 'open', description = null }) {
    const number = this.milestones.size + 1;
    const milestone = { id: this.nextId(), number, title, state, description, createdAt: this.now() };
    this.milestones.set(number, milestone);
    return milestone;
  }

  findMilestone(wanted) {
    for (const milestone of this.milestones.values()) {
      if (milestone.number === wanted || milestone.title === wanted) return milestone;
    }
    return typeof wanted === 'string' ? this.addMilestone({ title: wanted }) : null;
  }

  pulls() {
    return [...this.issues.values()].filter((issue) => issue.pull !== null);
  }

  async commitOf(branch) {
    if (!this.repoDir) return '0'.repeat(40);
    return this.git('rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`).catch(() => null);
  }

  async commitsBetween(base, head) {
    if (!this.repoDir) return 1;
    return Number(await this.git('rev-list', '--count', `refs/heads/${base}..refs/heads/${head}`));
  }

  /** Merges with a merge commit in the bare repository, and closes the issues that the body names. */
  async merge(issue) {
    if (this.repoDir) await this.mergeBranches(issue.pull.base, issue.pull.head, `Merge #${issue.number}`);
    const at = this.now();
    Object.assign(issue, { state: 'closed', closedAt: at, updatedAt: at });
    issue.pull.mergedAt = at;
    if (issue.pull.base !== this.defaultBranch) return;
    for (const [, number] of (issue.body ?? '').matchAll(/\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?) #(\d+)/gi)) {
      const closed = this.issues.get(Number(number));
      if (closed) Object.assign(closed, { state: 'closed', closedAt: at, updatedAt: at });
    }
  }

  async mergeBranches(base, head, message) {
    const refs = [`refs/heads/${base}`, `refs/heads/${head}`];
    const tree = await this.git('merge-tree', '--write-tree', ...refs);
    const identity = ['-c', 'user.name=GitHub', '-c', 'user.email=noreply@github.com'];
    const parents = refs.flatMap((ref) => ['-p', ref]);
    const commit = await this.git(...identity, 'commit-tree', tree, ...parents, '-m', message);
    await this.git('update-ref', refs[0], commit);
  }

  async git(...args) {
    const { stdout } = await run('git', ['--git-dir', this.repoDir, ...args]);
    return stdout.trim();
  }
}
