import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { issueAnswer, labelAnswer, milestoneAnswer, notFound, pullAnswer, Refusal } from './answers.mjs';
import { routes } from './routes.mjs';
import { Repository } from './state.mjs';

/** Starts a strict, stateful stand-in for GitHub's REST API, on loopback unless `host` names another address of this machine. */
export async function startGitHubStandIn(options = {}) {
  const {
    host = '127.0.0.1',
    port = 0,
    token = 'stand-in-token',
    owner = 'acme',
    repo = 'shop',
    defaultBranch = 'main',
  } = options;
  const repository = new Repository({ owner, repo, defaultBranch, repoDir: options.repoDir });
  const standIn = { repository, token, latencyMs: options.latencyMs ?? 0, log: [], faults: [] };
  const server = createServer((request, response) => {
    void answer(standIn, request, response);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return Object.assign(standIn, {
    owner,
    repo,
    url: `http://${host}:${server.address().port}`,
    seed: (what) => seed(repository, what),
    state: () => stateOf(repository),
    merge: (number) => merge(repository, number),
    markReady: (number) => {
      repository.issues.get(number).pull.draft = false;
    },
    reset: () => reset(standIn),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function answer(standIn, request, response) {
  const url = new URL(request.url, 'http://stand-in');
  const path = url.pathname.replace(/^\/api\/v3(?=\/)/, '');
  const text = await bodyText(request).catch(() => null);
  if (text === null) return;
  if (path.startsWith('/__')) {
    send(response, await outcomeOf(() => control(standIn, request.method, path, text)));
    return;
  }

  const entry = { method: request.method, path: path + url.search, status: 0, at: Date.now() };
  standIn.log.push(entry);
  if (standIn.latencyMs > 0) await sleep(standIn.latencyMs, undefined, { ref: false });
  const fault = takeFault(standIn, request.method, path + url.search);
  if (fault?.kind === 'delay') await sleep(fault.ms, undefined, { ref: false });
  if (fault?.kind === 'cutBefore') {
    request.socket.destroy();
    return;
  }
  const outcome =
    fault?.kind === 'status'
      ? { status: fault.status, headers: fault.headers, body: fault.body ?? { message: `Fault ${fault.status}` } }
      : await outcomeOf(() => handle(standIn, request, url, path, text));
  if (fault?.kind === 'cutAfterWrite') {
    request.socket.destroy();
    return;
  }
  entry.status = outcome.status;
  send(response, outcome);
}

async function outcomeOf(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: error.body };
    return { status: 500, body: { message: `The stand-in failed: ${error.stack}` } };
  }
}

async function handle(standIn, request, url, path, text) {
  checkToken(standIn.token, request.headers.authorization);
  const { repository } = standIn;
  for (const { method, pattern, handle: answerWith } of routes) {
    const match = method === request.method ? pattern.exec(path) : null;
    if (!match) continue;
    const params = Object.fromEntries(Object.entries(match.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]));
    if (params.owner !== undefined && !isRepository(repository, params)) throw notFound();
    const headers = {};
    const page = (all) => pageOf(all, url, request.headers.host, headers);
    const given = await answerWith({ repository, params, query: url.searchParams, body: parseBody(text), page });
    const [status, body] = Array.isArray(given) && Number.isInteger(given[0]) ? given : [200, given];
    return { status, body, headers };
  }
  throw notFound();
}

function isRepository(repository, { owner, repo }) {
  return `${owner}/${repo}`.toLowerCase() === `${repository.owner}/${repository.repo}`.toLowerCase();
}

function checkToken(token, authorization) {
  if (!authorization) throw new Refusal(401, 'Requires authentication');
  if (authorization.replace(/^(token|bearer) /i, '') !== token) throw new Refusal(401, 'Bad credentials');
}

function parseBody(text) {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
}

function pageOf(all, url, host, headers) {
  const size = Math.min(Math.max(Number(url.searchParams.get('per_page') ?? 30) || 30, 1), 100);
  const page = Math.max(Number(url.searchParams.get('page') ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(all.length / size), 1);
  const link = (rel, number) => {
    const target = new URL(url.pathname + url.search, `http://${host}`);
    target.searchParams.set('page', String(number));
    return `<${target}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link('prev', page - 1), link('first', 1)] : []),
    ...(page < last ? [link('next', page + 1), link('last', last)] : []),
  ];
  if (links.length > 0) headers.link = links.join(', ');
  return all.slice((page - 1) * size, page * size);
}

function takeFault(standIn, method, path) {
  const fault = standIn.faults.find(
    (one) => (one.times ?? 1) > 0 && (!one.method || one.method === method) && new RegExp(one.path ?? '').test(path),
  );
  if (fault) fault.times = (fault.times ?? 1) - 1;
  return fault;
}

async function control(standIn, method, path, text) {
  const merging = /^\/__merge\/(\d+)$/.exec(path);
  if (merging) return { status: 200, body: await merge(standIn.repository, Number(merging[1])) };
  switch (`${method} ${path}`) {
    case 'GET /__log':
      return { status: 200, body: standIn.log };
    case 'GET /__state':
      return { status: 200, body: stateOf(standIn.repository) };
    case 'POST /__reset':
      reset(standIn);
      return { status: 200, body: {} };
    case 'POST /__seed':
      return { status: 200, body: seed(standIn.repository, parseBody(text)) };
    case 'POST /__faults':
      standIn.faults.push(...parseBody(text));
      return { status: 200, body: {} };
    default:
      throw notFound();
  }
}

function reset(standIn) {
  standIn.repository.reset();
  standIn.log.length = 0;
  standIn.faults.length = 0;
}

function seed(repository, { labels = [], milestones = [], issues = [] }) {
  for (const label of labels) repository.addLabel(typeof label === 'string' ? { name: label } : label);
  for (const one of milestones) repository.addMilestone(typeof one === 'string' ? { title: one } : one);
  return { issues: issues.map((issue) => repository.addIssue(issue).number) };
}

async function merge(repository, number) {
  const issue = repository.issues.get(number);
  if (!issue?.pull || issue.state !== 'open') throw notFound();
  await repository.merge(issue);
  return pullAnswer(repository, issue);
}

function stateOf(repository) {
  const all = [...repository.issues.values()];
  const withComments = (answerOf) => (issue) => ({ ...answerOf(repository, issue), comments: issue.comments });
  return structuredClone({
    issues: all.filter((issue) => !issue.pull).map(withComments(issueAnswer)),
    pulls: all.filter((issue) => issue.pull).map(withComments(pullAnswer)),
    milestones: [...repository.milestones.values()].map((one) => milestoneAnswer(repository, one)),
    labels: [...repository.labels.values()].map(labelAnswer),
  });
}

async function bodyText(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response, { status, body, headers = {} }) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const string = { type: 'string' };
  const { values } = parseArgs({
    options: { port: string, 'repo-dir': string, token: string, owner: string, repo: string, latency: string },
  });
  const { 'repo-dir': repoDir, latency, port, ...rest } = values;
  const started = await startGitHubStandIn({
    ...rest,
    repoDir,
    port: Number(port ?? 0),
    latencyMs: Number(latency ?? 0),
  });
  console.log(started.url);
}
