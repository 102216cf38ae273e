import path from 'node:path';
import { text } from 'node:stream/consumers';
import { endAllAgents } from '../agents/host/end.ts';
import { loadConfig } from '../config/load.ts';
import { LocusFailure } from '../domain/failures.ts';
import { discoverCheckout } from '../git/discover.ts';
import { defaultBranchOf, describeRemote } from '../git/remote.ts';
import { configuredTemporal } from '../server/connection.ts';
import { cacheDir, stateDir } from '../server/state.ts';
import { terminalAsk } from './ask.ts';
import { doctor } from './doctor.ts';
import { down } from './down.ts';
import { chooseRun, openEngine } from './engine.ts';
import { handOverHere } from './hand-over.ts';
import { type InitOptions, init } from './init.ts';
import { type IssueListOptions, issueAdd, issueClose, issueList, issueShow } from './issue.ts';
import { open } from './open.ts';
import { openProject } from './project.ts';
import { issueNumbers } from './run-options.ts';
import { sandboxCreate, sandboxList, sandboxRemove } from './sandbox.ts';
import { server } from './server.ts';
import { sprintActive, sprintAdd, sprintList } from './sprint.ts';
import { up } from './up.ts';
import { worker } from './worker.ts';

/** Gives the small commands what they work with: the repository, the tracker, the state directory. */
export async function runInit(options: InitOptions): Promise<number> {
  const state = await stateDir();
  const { root, commonDir, currentBranch } = await discoverCheckout(process.cwd(), state);
  const remote = await describeRemote(root, true);
  const { owner = null, repo = null } = remote ?? {};
  const defaultBranch = await defaultBranchOf(remote, commonDir);
  return init(options, {
    surroundings: { root, currentBranch, owner, repo, defaultBranch },
    path: process.env.PATH ?? '',
    ask: terminalAsk(),
    openTracker: async () => (await openProject(root)).openTracker(),
  });
}

export async function runOpen(options: { readonly run?: string; readonly print?: boolean }): Promise<number> {
  const engine = await openEngine();
  try {
    const runId = options.run === undefined ? null : (await chooseRun(engine, options.run)).runId;
    return await open({ runId, print: options.print ?? false }, { target: engine.target });
  } finally {
    await engine.close();
  }
}

interface IssueAddFlags {
  readonly title?: string;
  readonly body?: string;
  readonly label?: readonly string[];
  readonly sprint?: string;
  readonly order?: string;
}

export async function runIssueAdd({ title = '', body, label, sprint, order }: IssueAddFlags): Promise<number> {
  if (order !== undefined && !/^\d{1,6}$/.test(order)) {
    throw new LocusFailure('UsageInvalid', `--order takes a number, not ${JSON.stringify(order)}`);
  }
  const place = order === undefined ? undefined : Number(order);
  return issueAdd({ title, body, labels: label, sprint, order: place }, await issueDeps());
}

export async function runIssueList(options: IssueListOptions): Promise<number> {
  if (options.state !== undefined && !['open', 'closed', 'all'].includes(options.state)) {
    throw new LocusFailure('UsageInvalid', `--state takes open, closed or all, not ${JSON.stringify(options.state)}`);
  }
  return issueList(options, await issueDeps());
}

export async function runIssueShow({
  number,
  json,
}: {
  readonly number: string;
  readonly json?: boolean;
}): Promise<number> {
  const [issue = 0] = issueNumbers([number]);
  return issueShow({ issue, json }, await issueDeps());
}

export async function runIssueClose({ number }: { readonly number: string }): Promise<number> {
  const [issue = 0] = issueNumbers([number]);
  return issueClose({ issue }, await issueDeps());
}

export async function runSprint(
  verb: 'add' | 'list' | 'active',
  options: { readonly title?: string; readonly json?: boolean },
): Promise<number> {
  const project = await openProject(process.cwd());
  const deps = {
    tracker: await project.openTracker(),
    root: project.checkout.root,
    active: project.config.sprint.active,
  };
  if (verb === 'list') return sprintList(options, deps);
  if (verb === 'active') return sprintActive(options, deps);
  return sprintAdd({ title: options.title ?? '' }, deps);
}

export async function runSandbox(verb: 'create' | 'list' | 'rm', provider = ''): Promise<number> {
  const project = await openProject(process.cwd());
  if (verb === 'list') return sandboxList(project);
  return verb === 'create' ? sandboxCreate(provider, project) : sandboxRemove(provider, project);
}

export async function runUp(): Promise<number> {
  const exit = await up({ stateDir: await stateDir() });
  await handOverHere();
  return exit;
}

export async function runDown(options: { readonly agents?: boolean }): Promise<number> {
  const state = await stateDir();
  return down(
    { stateDir: state, agents: options.agents ?? false },
    { endAgents: () => endAllAgents(path.join(state, 'attempts')) },
  );
}

export async function runWorkerCommand(options: {
  readonly deployment?: string;
  readonly slots?: string;
}): Promise<number> {
  return worker({ ...options, stateDir: await stateDir() });
}

export async function runServer(options: { readonly fetch?: boolean }): Promise<number> {
  return server({ cacheDir: cacheDir(), fetch: options.fetch ?? false });
}

export async function runDoctor(options: { readonly json?: boolean }): Promise<number> {
  const state = await stateDir();
  const root = await discoverCheckout(process.cwd(), state).then(
    (checkout) => checkout.root,
    () => null,
  );
  return doctor(options, {
    stateDir: state,
    cacheDir: cacheDir(),
    root,
    apiUrl: process.env.GITHUB_API_URL || 'https://api.github.com',
    env: process.env,
    target: await configuredTemporal(),
    loadConfig,
  });
}

async function issueDeps() {
  const project = await openProject(process.cwd());
  return { tracker: await project.openTracker(), readStdin: () => text(process.stdin) };
}
