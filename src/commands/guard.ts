import { appendFile, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig } from '../config/load.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { GuardBlock, GuardContext } from '../domain/gated/guard-answer.ts';
import { guardCommand } from '../domain/gated/guard-command.ts';
import { openFolder } from '../git/discover.ts';
import { defaultBranchOf, describeRemote } from '../git/remote.ts';
import { stateDir } from '../server/state.ts';
import { print } from './check.ts';

/** `locus guard <operation>`: tells scripts what git and the tracker may be asked to do. It judges, and does nothing. */
export async function guard(words: readonly string[], cwd: string): Promise<number> {
  const answer = guardCommand(words, await contextOf(cwd));
  if (answer.record) await note(answer.record);
  return print(answer);
}

/** Outside of a repository only names can be judged. */
async function contextOf(cwd: string): Promise<GuardContext> {
  const now = new Date().toISOString();
  const git = await openFolder(cwd);
  const root = (await git.raw('rev-parse', '--show-toplevel').catch(() => '')).trim();
  if (root === '') return { currentBranch: null, defaultBranch: null, remotes: [], autoPush: undefined, now };
  const [{ config }, remote, remotes, head, common] = await Promise.all([
    loadConfig(root),
    describeRemote(root),
    git.getRemotes(),
    git.raw('symbolic-ref', '-q', '--short', 'HEAD').catch(() => ''),
    git.raw('rev-parse', '--git-common-dir'),
  ]);
  return {
    currentBranch: head.trim() || null,
    defaultBranch: config.github.defaultBranch ?? (await defaultBranchOf(remote, path.resolve(cwd, common.trim()))),
    alsoProtected: config.agent.baseBranch === null ? [] : [config.agent.baseBranch],
    remotes: remotes.map(({ name }) => name),
    autoPush: config.run_mode.git.auto_push,
    now,
  };
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
