import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { configFile, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { GuardBlock, GuardContext } from '../domain/gated/guard-answer.ts';
import { guardCommand } from '../domain/gated/guard-command.ts';
import { openFolder } from '../git/discover.ts';
import { defaultBranchOf, describeRemote, guessOf, remoteHead } from '../git/remote.ts';
import { stateDir } from '../server/state.ts';
import { print } from './check.ts';

/** `locus guard <operation>`: tells scripts what git and the tracker may be asked to do. It judges, and does nothing. */
export async function guard(words: readonly string[], cwd: string): Promise<number> {
  const { context, ask } = await contextOf(cwd);
  const settled = guardCommand(words, { ...context, isDefaultUnknown: false });
  // The remote is asked only where that can change the answer.
  const isSettled = settled.exitCode === guardCommand(words, context).exitCode;
  const answer = isSettled ? settled : guardCommand(words, await ask());
  if (answer.record) await note(answer.record);
  return print(answer);
}

const patienceMs = 5_000;

interface Asking {
  readonly context: GuardContext;
  /** The context with the default branch as the remote says it; where it says nothing in time, the usual one. */
  ask(): Promise<GuardContext>;
}

/** Outside of a repository only names can be judged. */
async function contextOf(cwd: string): Promise<Asking> {
  const now = new Date().toISOString();
  const git = await openFolder(cwd);
  const common = (await git.raw('rev-parse', '--path-format=absolute', '--git-common-dir').catch(() => '')).trim();
  if (common === '') {
    const context = { currentBranch: null, defaultBranch: null, remotes: [], autoPush: undefined, now };
    return { context, ask: async () => context };
  }
  const [config, remote, named, head] = await Promise.all([
    configOf(git.raw('rev-parse', '--show-toplevel')),
    describeRemote(cwd),
    git.getRemotes(),
    git.raw('symbolic-ref', '-q', '--short', 'HEAD').catch(() => ''),
  ]);
  const remotes = named.map(({ name }) => name);
  const heads = await Promise.all(remotes.map((name) => remoteHead({ root: cwd, commonDir: common }, name, 0)));
  const usual = await defaultBranchOf(remote, common);
  const context = (own: string | null): GuardContext => ({
    currentBranch: head.trim() || null,
    defaultBranch: config.github?.defaultBranch ?? own ?? usual,
    alsoProtected: [own, usual, ...heads, config.agent?.baseBranch ?? null].filter((name) => name !== null),
    remotes,
    autoPush: config.run_mode?.git.auto_push,
    ...(config.problem === undefined ? {} : { configProblem: config.problem }),
    now,
  });
  const own = remote === null ? heads.find((name) => name !== null) : heads[remotes.indexOf(remote.name)];
  return {
    context: { ...context(own ?? null), isDefaultUnknown: remote !== null && !own },
    async ask() {
      const head = remote === null ? null : await remoteHead({ root: cwd, commonDir: common }, remote.name, patienceMs);
      const told = context(head);
      const isNamed = head !== null || Boolean(config.github?.defaultBranch);
      if (remote !== null && !isNamed && told.defaultBranch !== null)
        console.error(`warning: ${guessOf(remote.name, told.defaultBranch)}`);
      return told;
    },
  };
}

interface Branches {
  readonly github?: Pick<Config['github'], 'defaultBranch'>;
  readonly agent?: Pick<Config['agent'], 'baseBranch'>;
}

/** What the config says cannot take a protection away: where it cannot be read, git alone is asked. */
async function configOf(
  asked: Promise<string>,
): Promise<Branches & { readonly run_mode?: Config['run_mode']; readonly problem?: string }> {
  const root = (await asked.catch(() => '')).trim();
  if (root === '') return {};
  try {
    return (await loadConfig(root)).config;
  } catch (error) {
    if (!(error instanceof LocusFailure)) throw error;
    return { problem: error.message, ...(await branchesIn(root)) };
  }
}

/** Of a config that is JSON, but not what we take: the branches that it protects all the same. */
async function branchesIn(root: string): Promise<Branches> {
  try {
    const { github, agent } = JSON.parse(await readFile(path.join(root, configFile), 'utf8'));
    return {
      github: { defaultBranch: nameIn(github?.defaultBranch) },
      agent: { baseBranch: nameIn(agent?.baseBranch) },
    };
  } catch {
    return {};
  }
}

function nameIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Beside the other records of the run in whose name a script asks, else in the state directory itself. */
async function note(record: GuardBlock): Promise<void> {
  const state = await stateDir();
  const run = process.env.LOCUS_RUN ?? '';
  const ofRun = path.join(state, 'runs', run);
  const isRun = /^run-[0-9]{8}-[0-9a-f]{8}$/.test(run) && (await stat(ofRun).catch(() => null))?.isDirectory();
  const folder = isRun ? ofRun : state;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await appendFile(path.join(folder, 'guard.log'), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  } catch (error) {
    const remedy = 'see whether the state directory is writable';
    throw new LocusFailure('WorkspaceBroken', `what was blocked cannot be noted in ${folder}`, { remedy }, error);
  }
}
