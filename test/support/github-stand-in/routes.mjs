import {
  checkText,
  commentAnswer,
  invalid,
  issueAnswer,
  labelAnswer,
  milestoneAnswer,
  notFound,
  pullAnswer,
  Refusal,
} from './answers.mjs';

const bodyLimit = 65_536;
const titleLimit = 256;

/** The part of GitHub's REST API that the stand-in answers. A handler returns the body, or `[status, body]`. */
export const routes = [
  route('GET', '/user', () => ({ login: 'someone', id: 1 })),
  route('GET', '/rate_limit', () => ({ resources: { core: { limit: 5000, remaining: 5000, reset: 0, used: 0 } } })),
  route('GET', '/repos/:owner/:repo', ({ repository }) => ({
    id: 1,
    name: repository.repo,
    full_name: `${repository.owner}/${repository.repo}`,
    default_branch: repository.defaultBranch,
    archived: false,
    permissions: { admin: false, push: true, pull: true },
  })),

  route('GET', '/repos/:owner/:repo/issues', listIssues),
  route('POST', '/repos/:owner/:repo/issues', createIssue),
  route('GET', '/repos/:owner/:repo/issues/:number', (call) => issueAnswer(call.repository, issueOf(call))),
  route('PATCH', '/repos/:owner/:repo/issues/:number', (call) => {
    change(call, issueOf(call), ['title', 'body', 'state']);
    return issueAnswer(call.repository, issueOf(call));
  }),

  route('GET', '/repos/:owner/:repo/issues/:number/comments', (call) => {
    const issue = issueOf(call);
    return call.page(issue.comments.map((comment) => commentAnswer(call.repository, issue, comment)));
  }),
  route('POST', '/repos/:owner/:repo/issues/:number/comments', (call) => {
    const issue = issueOf(call);
    checkText('IssueComment', 'body', call.body.body, bodyLimit);
    const comment = call.repository.addComment(issue, { body: call.body.body, author: 'locus-bot' });
    return [201, commentAnswer(call.repository, issue, comment)];
  }),
  route('PATCH', '/repos/:owner/:repo/issues/comments/:id', ({ repository, params, body }) => {
    const found = repository.findComment(Number(params.id));
    if (!found) throw notFound();
    checkText('IssueComment', 'body', body.body, bodyLimit);
    Object.assign(found.comment, { body: body.body, updatedAt: repository.now() });
    return commentAnswer(repository, found.issue, found.comment);
  }),

  route('GET', '/repos/:owner/:repo/issues/:number/labels', (call) => call.page(issueOf(call).labels.map(labelAnswer))),
  route('POST', '/repos/:owner/:repo/issues/:number/labels', (call) => {
    const issue = issueOf(call);
    call.repository.labelIssue(issue, labelNames(Array.isArray(call.body) ? call.body : call.body.labels));
    return issue.labels.map(labelAnswer);
  }),
  route('DELETE', '/repos/:owner/:repo/issues/:number/labels/:name', (call) => {
    const issue = issueOf(call);
    const index = issue.labels.findIndex((label) => label.name.toLowerCase() === call.params.name.toLowerCase());
    if (index < 0) throw notFound('Label does not exist');
    issue.labels.splice(index, 1);
    return issue.labels.map(labelAnswer);
  }),

  route('GET', '/repos/:owner/:repo/labels', ({ repository, page }) =>
    page([...repository.labels.values()].map(labelAnswer)),
  ),
  route('POST', '/repos/:owner/:repo/labels', ({ repository, body }) => {
    checkText('Label', 'name', body.name, 50);
    if (body.color !== undefined && !/^[0-9a-f]{6}$/i.test(body.color)) throw invalid('Label', 'color', 'invalid');
    if (repository.labels.has(body.name.toLowerCase())) throw invalid('Label', 'name', 'already_exists');
    return [201, labelAnswer(repository.addLabel(body))];
  }),

  route('GET', '/repos/:owner/:repo/milestones', ({ repository, query, page }) => {
    const all = [...repository.milestones.values()].filter((one) => inState(one, query.get('state')));
    return page(all.map((one) => milestoneAnswer(repository, one)));
  }),
  route('POST', '/repos/:owner/:repo/milestones', ({ repository, body }) => {
    checkText('Milestone', 'title', body.title, 255);
    const taken = [...repository.milestones.values()].some((one) => one.title === body.title);
    if (taken) throw invalid('Milestone', 'title', 'already_exists');
    return [201, milestoneAnswer(repository, repository.addMilestone(body))];
  }),

  route('GET', '/repos/:owner/:repo/pulls', listPulls),
  route('POST', '/repos/:owner/:repo/pulls', createPull),
  route('GET', '/repos/:owner/:repo/pulls/:number', (call) => pullAnswer(call.repository, pullOf(call))),
  route('PATCH', '/repos/:owner/:repo/pulls/:number', (call) => {
    const issue = pullOf(call);
    change(call, issue, ['title', 'body', 'state']);
    if (call.body.base !== undefined) issue.pull.base = call.body.base;
    return pullAnswer(call.repository, issue);
  }),
];

function route(method, path, handle) {
  const pattern = new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
  return { method, pattern, handle };
}

function listIssues({ repository, query, page }) {
  const milestone = query.get('milestone');
  if (milestone !== null && !/^(\*|none)$/.test(milestone) && !repository.milestones.has(Number(milestone))) {
    throw invalid('Issue', 'milestone', 'invalid');
  }
  const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
  const all = [...repository.issues.values()].filter(
    (issue) =>
      inState(issue, query.get('state')) &&
      (milestone === null || milestone === '*' || String(issue.milestone?.number ?? 'none') === milestone) &&
      labels.every((name) => issue.labels.some((label) => label.name.toLowerCase() === name.toLowerCase())),
  );
  return page(sorted(all, query).map((issue) => issueAnswer(repository, issue)));
}

function createIssue({ repository, body }) {
  checkText('Issue', 'title', body.title, titleLimit);
  if (body.body) checkText('Issue', 'body', body.body, bodyLimit);
  const { milestone = null } = body;
  if (milestone !== null && !repository.milestones.has(milestone)) throw invalid('Issue', 'milestone', 'invalid');
  const labels = labelNames(body.labels ?? []);
  const issue = repository.addIssue({ title: body.title, body: body.body ?? null, labels, milestone });
  return [201, issueAnswer(repository, issue)];
}

function listPulls({ repository, query, page }) {
  // GitHub ignores a head without its owner, and then answers with every pull request.
  const [, head] = /^[^:]+:(.+)$/.exec(query.get('head') ?? '') ?? [];
  const all = repository
    .pulls()
    .filter(
      (issue) =>
        inState(issue, query.get('state')) &&
        (head === undefined || query.get('head') === `${repository.owner}:${issue.pull.head}`) &&
        (query.get('base') === null || issue.pull.base === query.get('base')),
    );
  return page(sorted(all, query).map((issue) => pullAnswer(repository, issue)));
}

async function createPull({ repository, body }) {
  const { owner } = repository;
  checkText('PullRequest', 'title', body.title, titleLimit);
  if (body.body) checkText('PullRequest', 'body', body.body, bodyLimit);
  const head = String(body.head ?? '').replace(new RegExp(`^${owner}:`), '');
  const headSha = await repository.commitOf(head);
  if (!headSha) throw invalid('PullRequest', 'head', 'invalid');
  if (!(await repository.commitOf(body.base))) throw invalid('PullRequest', 'base', 'invalid');
  const commits = await repository.commitsBetween(body.base, head);
  if (commits === 0) throw custom(`No commits between ${body.base} and ${head}`);
  const taken = repository
    .pulls()
    .some((one) => one.state === 'open' && one.pull.head === head && one.pull.base === body.base);
  if (taken) throw custom(`A pull request already exists for ${owner}:${head}.`);
  const issue = repository.addIssue({ title: body.title, body: body.body ?? null });
  issue.pull = { head, headSha, base: body.base, draft: body.draft === true, mergedAt: null };
  return [201, pullAnswer(repository, issue)];
}

function custom(message) {
  return invalid('PullRequest', undefined, 'custom', message);
}

function change({ repository, body }, issue, fields) {
  if (body.title !== undefined) checkText('Issue', 'title', body.title, titleLimit);
  if (body.body) checkText('Issue', 'body', body.body, bodyLimit);
  if (body.state !== undefined && !/^(open|closed)$/.test(body.state)) throw invalid('Issue', 'state', 'invalid');
  for (const field of fields) {
    if (body[field] !== undefined) issue[field] = body[field];
  }
  issue.updatedAt = repository.now();
  issue.closedAt = issue.state === 'closed' ? issue.updatedAt : null;
}

function issueOf({ repository, params }) {
  const issue = repository.issues.get(Number(params.number));
  if (!issue) throw notFound();
  return issue;
}

function pullOf(call) {
  const issue = issueOf(call);
  if (!issue.pull) throw notFound();
  return issue;
}

function labelNames(labels) {
  if (!Array.isArray(labels)) throw new Refusal(422, 'Invalid request.\n\n"labels" is not an array.');
  const names = labels.map((label) => (typeof label === 'string' ? label : label?.name));
  for (const name of names) checkText('Label', 'name', name, 50);
  return names;
}

function inState(one, state) {
  return state === 'all' || one.state === (state ?? 'open');
}

/** Newest first, as GitHub does where nothing else is asked for. */
function sorted(issues, query) {
  const field = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const ascending = [...issues].sort((a, b) => (a[field] < b[field] ? -1 : 1));
  return query.get('direction') === 'asc' ? ascending : ascending.reverse();
}
