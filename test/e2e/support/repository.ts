import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type GitHubStandIn, startGitHubStandIn } from '../../support/github-stand-in/server.mjs';
import type { Ended, Environment, Running, World } from './world.ts';

const agent = fileURLToPath(new URL('./agent.mjs', import.meta.url));

/** A line of the scripted agent's log. */
export interface AgentNote {
  readonly event: 'start' | 'end';
  readonly issue: number;
  readonly attempt: string;
  readonly run: string;
  readonly pid: number;
  readonly cwd: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly code?: number;
  /** The session that claude was told to go on with. */
  readonly session?: string;
  /** Epoch milliseconds at which the usage limit ends that it has met. */
  readonly until?: number;
}

export interface Commit {
  readonly sha: string;
  readonly subject: string;
  readonly author: string;
  /** Value of its `Locus-Issue` trailer; empty for a commit of the agent's own. */
  readonly issue: string;
  /** Files it changes. */
  readonly files: readonly string[];
}

export interface TestRepository {
  readonly root: string;
  /** The bare repository behind `origin`. */
  readonly remote: string;
  /** Folder of the agent's log and of the files that open its gates. */
  readonly agentFolder: string;
  readonly env: Environment;
  run(args: readonly string[], env?: Environment): Promise<Ended>;
  start(args: readonly string[], env?: Environment): Running;
  git(...args: readonly string[]): Promise<string>;
  gitRemote(...args: readonly string[]): Promise<string>;
  /** Branches of the remote, by name. */
  remoteBranches(): Promise<string[]>;
  /** First-parent commits of a remote branch since `main`, oldest first. */
  commits(branch: string, base?: string): Promise<Commit[]>;
  /** Names of the worktrees that are left. */
  worktrees(): Promise<string[]>;
  agentLog(): Promise<AgentNote[]>;
  /** Issue of each agent start, in time. */
  agentStarts(): Promise<number[]>;
  openGate(name: string): Promise<void>;
}

export interface GitHubRepository extends TestRepository {
  readonly github: GitHubStandIn;
}

export interface RepositoryOptions {
  /** Laid over the config of the scripted agent, section by section. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Address that its GitHub stand-in listens on; loopback where it is left out. */
  readonly host?: string;
}

type Section = Readonly<Record<string, unknown>>;

/** A checkout with a bare remote, whose issues are on a GitHub stand-in of its own. */
export async function makeRepository(world: World, options: RepositoryOptions = {}): Promise<GitHubRepository> {
  const name = `shop-${world.next()}`;
  const folder = path.join(world.folder, name);
  const repoDir = path.join(folder, 'remote.git');
  const github = await startGitHubStandIn({ host: options.host, owner: 'acme', repo: name, repoDir });
  world.onEnd(() => github.stop());
  const config = { ...options.config, github: { owner: 'acme', repo: name, ...(options.config?.github as Section) } };
  const env = { GITHUB_API_URL: github.url, GITHUB_TOKEN: github.token };
  return { github, ...(await makeCheckout(world, folder, env, { ...options, config })) };
}

/** A checkout with a bare remote and the `local` tracker. */
export async function makeLocalRepository(world: World, options: RepositoryOptions = {}): Promise<TestRepository> {
  const folder = path.join(world.folder, `local-${world.next()}`);
  return makeCheckout(world, folder, {}, { ...options, config: { ...options.config, tracker: 'local' } });
}

async function makeCheckout(
  world: World,
  folder: string,
  extra: Environment,
  options: RepositoryOptions,
): Promise<TestRepository> {
  const root = path.join(folder, 'repo');
  const remote = path.join(folder, 'remote.git');
  const agentFolder = path.join(folder, 'agent');
  const log = path.join(agentFolder, 'log.ndjson');
  const env = { ...extra, E2E_LOG: log };
  await mkdir(agentFolder, { recursive: true });
  await inFolder(folder, 'init', '-q', '--bare', '-b', 'main', 'remote.git');
  await inFolder(folder, 'init', '-q', '-b', 'main', 'repo');
  const git: TestRepository['git'] = (...args) => inFolder(root, ...args);
  const gitRemote: TestRepository['gitRemote'] = (...args) => inFolder(remote, ...args);
  await git('config', 'user.name', 'Person');
  await git('config', 'user.email', 'person@example.com');
  await git('remote', 'add', 'origin', remote);
  const files = {
    'README.md': '# Shop\n',
    '.gitignore': '.locus/worktrees/\n',
    '.locus/config.json': `${JSON.stringify(configOf(options.config ?? {}), null, 2)}\n`,
    ...options.files,
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
  await git('add', '-A');
  await git('commit', '-q', '-m', 'chore: begin');
  await git('push', '-q', 'origin', 'main');

  const agentLog = async () => {
    const text = await readFile(log, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AgentNote);
  };
  return {
    ...{ root, remote, agentFolder, env, git, gitRemote, agentLog },
    run: (args, more) => world.locus(args, { cwd: root, env: { ...env, ...more } }),
    start: (args, more) => world.start(args, { cwd: root, env: { ...env, ...more } }),
    remoteBranches: async () => lines(await gitRemote('for-each-ref', '--format=%(refname:short)', 'refs/heads')),
    commits: (branch, base = 'main') => commitsBetween(gitRemote, base, branch),
    worktrees: () => readdir(path.join(root, '.locus', 'worktrees')).catch(() => []),
    agentStarts: async () => (await agentLog()).filter((note) => note.event === 'start').map((note) => note.issue),
    openGate: (name) => writeFile(path.join(agentFolder, name), ''),
  };
}

function configOf(wanted: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { ai, agent: agentWanted, sandbox, ...rest } = wanted as Record<string, Section | undefined>;
  return {
    ai: { provider: 'command', ...ai },
    // The log lies outside of the workspace, where a sandbox would not let an agent write.
    sandbox: { enabled: false, ...sandbox },
    agent: { command: [process.execPath, agent], env: ['E2E_LOG'], callsPerHour: 10_000, ...agentWanted },
    ...rest,
  };
}

async function commitsBetween(git: TestRepository['git'], base: string, branch: string): Promise<Commit[]> {
  const format = '%x00%H%x01%s%x01%an%x01%(trailers:key=Locus-Issue,valueonly,separator=%x2C)%x01';
  const text = await git(
    'log',
    '--reverse',
    '--first-parent',
    '--name-only',
    `--format=${format}`,
    `${base}..${branch}`,
  );
  return text
    .split('\0')
    .slice(1)
    .map((entry) => {
      const [sha = '', subject = '', author = '', issue = '', files = ''] = entry.split('\u0001');
      return { sha, subject, author, issue, files: lines(files) };
    });
}

async function inFolder(folder: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', folder, ...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

function lines(text: string): string[] {
  return text.trim().split('\n').filter(Boolean);
}
