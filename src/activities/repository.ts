import { createHash } from 'node:crypto';
import path from 'node:path';
import { endAgent } from '../agents/host/end.ts';
import { readFile, realpath } from '../disk/at-once.ts';
import { workspaceName } from '../domain/branch.ts';
import { goesThroughGates, type RunContext } from '../domain/run.ts';
import type { Repository, Workspace } from '../domain/workspace.ts';
import type { RemoteCredentials } from '../git/credentials.ts';
import { repositoryOf as bareRepository, checkoutRepository } from '../git/discover.ts';
import { replaceFile } from '../git/place.ts';
import { openMirror } from '../git/remote.ts';

/** The repository of a run on this host: the person's checkout, or our mirror of the remote. */
export async function repositoryOf(run: RunContext, stateDir: string): Promise<Repository> {
  if (run.source.kind === 'checkout') return checkoutRepository(run.source.root, stateDir);
  const mirror = await realpath(mirrorPath(run.source.url, stateDir));
  return bareRepository({ root: mirror, commonDir: mirror, bare: true, stateDir });
}

/** The same, with the mirror made or brought up to date first. */
export async function obtainRepository(
  run: RunContext,
  stateDir: string,
  token: string | null,
  signal?: AbortSignal,
): Promise<Repository> {
  if (run.source.kind === 'checkout') return repositoryOf(run, stateDir);
  const folder = { path: mirrorPath(run.source.url, stateDir), stateDir };
  return openMirror(run.source.url, folder, {
    token: credentialsFor(run, token),
    ...(signal ? { signal } : {}),
  });
}

export function workspaceMode(run: RunContext): Workspace['mode'] {
  const mayBeRoot = run.type === 'sprint' || goesThroughGates(run.type);
  return mayBeRoot && run.source.kind === 'checkout' ? run.settings.sprint.workspace : 'worktree';
}

/** What notes about a workspace are filed under. In root mode all branches share one. */
export function workspaceKey(run: RunContext, branch: string): string {
  return workspaceMode(run) === 'root' ? 'root' : workspaceName(branch);
}

export function attemptDir(stateDir: string, attemptId: string): string {
  return path.join(stateDir, 'attempts', attemptId);
}

/** Notes which attempt works in a workspace, for whoever comes to that workspace next. */
export async function noteAttempt(workspace: Workspace, attemptId: string): Promise<void> {
  await replaceFile(noteOf(workspace.repository, workspace.name), `${attemptId}\n`);
}

/** Two agents never share a workspace: whatever still works in it, from whichever run, is ended first. */
export async function endEarlierAttempt(repository: Repository, name: string, stateDir: string): Promise<void> {
  const attemptId = await readFile(noteOf(repository, name), 'utf8').catch(() => '');
  if (attemptId.trim() !== '') await endAgent(attemptDir(stateDir, attemptId.trim()));
}

/** In root mode: the branch that the person had checked out, to be given back when the run ends. */
export async function noteReturn(repository: Repository, branch: string): Promise<void> {
  await replaceFile(path.join(repository.privateDir, 'root.branch'), `${branch}\n`);
}

export async function readReturn(repository: Repository): Promise<string | null> {
  const text = await readFile(path.join(repository.privateDir, 'root.branch'), 'utf8').catch(() => '');
  return text.trim() || null;
}

/** The tracker's token serves git as well, but only where the remote is on the tracker's own host. */
export function credentialsFor(run: RunContext, token: string | null): RemoteCredentials | undefined {
  if (token === null || run.tracker.kind !== 'github') return undefined;
  return { username: 'x-access-token', password: token, origin: gitOrigin(run.tracker.apiUrl) };
}

function mirrorPath(url: string, stateDir: string): string {
  return path.join(stateDir, 'mirrors', createHash('sha256').update(url).digest('hex').slice(0, 16));
}

function noteOf(repository: Repository, name: string): string {
  return path.join(repository.privateDir, `${name}.attempt`);
}

/** Where GitHub serves git: `https://github.com` for its public API, an Enterprise server's own address otherwise. */
export function gitOrigin(apiUrl: string): string {
  const { protocol, host } = new URL(apiUrl);
  return `${protocol}//${host.replace(/^api\./, '')}`;
}
