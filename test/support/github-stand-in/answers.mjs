const documentation = 'https://docs.github.com/rest';

/** An answer that a route gives by throwing it. */
export class Refusal extends Error {
  constructor(status, message, errors) {
    super(message);
    this.status = status;
    this.body = { message, ...(errors ? { errors } : {}), documentation_url: documentation, status: String(status) };
  }
}

export function notFound(message = 'Not Found') {
  return new Refusal(404, message);
}

/** The 422 of GitHub: `code` is `missing_field`, `invalid`, `already_exists`, or `custom` with a message. */
export function invalid(resource, field, code, message) {
  return new Refusal(422, 'Validation Failed', [
    { resource, code, ...(field ? { field } : {}), ...(message ? { message } : {}) },
  ]);
}

export function checkText(resource, field, value, limit) {
  if (typeof value !== 'string' || value.trim() === '') throw invalid(resource, field, 'missing_field');
  if (value.length > limit) {
    throw invalid(resource, field, 'custom', `${field} is too long (maximum is ${limit} characters)`);
  }
}

export function labelAnswer(label) {
  return { id: label.id, name: label.name, color: label.color, description: label.description, default: false };
}

export function milestoneAnswer(repository, milestone) {
  const inIt = [...repository.issues.values()].filter((issue) => issue.milestone === milestone);
  return {
    id: milestone.id,
    number: milestone.number,
    title: milestone.title,
    description: milestone.description,
    state: milestone.state,
    open_issues: inIt.filter((issue) => issue.state === 'open').length,
    closed_issues: inIt.filter((issue) => issue.state === 'closed').length,
    created_at: milestone.createdAt,
    due_on: null,
  };
}

export function commentAnswer(repository, issue, comment) {
  return {
    id: comment.id,
    body: comment.body,
    user: { login: comment.author },
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    html_url: `${htmlUrl(repository, issue)}#issuecomment-${comment.id}`,
  };
}

export function issueAnswer(repository, issue) {
  return {
    ...sharedAnswer(repository, issue),
    comments: issue.comments.length,
    ...(issue.pull ? { pull_request: { html_url: htmlUrl(repository, issue), merged_at: issue.pull.mergedAt } } : {}),
  };
}

export function pullAnswer(repository, issue) {
  const { owner, repo } = repository;
  const side = (ref) => ({ ref, label: `${owner}:${ref}`, repo: { name: repo, full_name: `${owner}/${repo}` } });
  return {
    ...sharedAnswer(repository, issue),
    draft: issue.pull.draft,
    merged_at: issue.pull.mergedAt,
    head: { ...side(issue.pull.head), sha: issue.pull.headSha },
    base: side(issue.pull.base),
  };
}

function sharedAnswer(repository, issue) {
  return {
    id: issue.id,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    labels: issue.labels.map(labelAnswer),
    milestone: issue.milestone && milestoneAnswer(repository, issue.milestone),
    user: { login: 'someone' },
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    html_url: htmlUrl(repository, issue),
  };
}

function htmlUrl({ owner, repo }, issue) {
  return `https://github.test/${owner}/${repo}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
}
