import { mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LocusFailure } from '../../domain/failures.ts';
import { bugSprintId, nextBugSprint } from '../../domain/gated/bug-id.ts';
import { bugDocument } from '../../domain/gated/micro-sprint.ts';
import { redactPii } from '../../domain/gated/pii.ts';
import { testCommand } from '../../domain/gated/test-command.ts';
import { type TriageStep, triageStep } from '../../domain/gated/triage.ts';
import { redact } from '../../domain/redact.ts';
import { protectedIn, type RunContext } from '../../domain/run.ts';
import type { Repository } from '../../domain/workspace.ts';
import { baseCommit } from '../../git/branches.ts';
import { hideClaims } from '../../git/exclude.ts';
import { replaceFile } from '../../git/place.ts';
import { tryGit } from '../../git/run.ts';
import { openTracker } from '../../trackers/open.ts';
import type { Dependencies } from '../deps.ts';
import { commitPending } from './branch.ts';
import type { BugRequest, OpenedBug, RecordedTriage, RecordRequest, TriageRequest } from './contract.ts';
import { keepArtifact } from './records.ts';
import { repositoryFiles } from './repository-files.ts';

/** Takes a number for the bug's micro-sprint, and looks for what runs the tests. */
export async function openBug(
  _deps: Dependencies,
  run: RunContext,
  { bug, workspace, commit }: BugRequest,
): Promise<OpenedBug> {
  const { repository } = workspace;
  const found = testCommand(await repositoryFiles(workspace, commit));
  const verify = run.settings.agent.verify?.join(' ');
  const branches = [...new Set(protectedIn(run))];
  const remoteCounters = await Promise.all(branches.map((branch) => counterOn(repository, run, branch)));
  return { number: await claimed(repository, bug, remoteCounters), testCommand: found?.command ?? verify ?? null };
}

export async function weighTriage(
  deps: Dependencies,
  run: RunContext,
  { target, workspace, commit, ...found }: TriageRequest,
): Promise<TriageStep> {
  const files = new Set((await repositoryFiles(workspace, commit)).paths);
  let text = `${target.title}\n${target.text}`;
  if (target.issue !== null) {
    const tracker = await openTracker(run.tracker, (await deps.secrets(run)).token);
    const { issue } = await deps.issues.read(run, tracker, target.issue, []);
    text = `${issue.title}\n${issue.body}`;
  }
  return triageStep({ ...found, text, files });
}

/** Where the repository ignores `.locus`, the record is kept among the run's artifacts alone. */
export async function recordTriage(
  deps: Dependencies,
  run: RunContext,
  { workspace, startCommit, attemptId, id, triage, ids, guarded = false }: RecordRequest,
): Promise<RecordedTriage> {
  const { token } = await deps.secrets(run);
  const told = bugDocument(triage, ids);
  const clean = guarded ? redactPii(told, { bugImport: true }).text : told;
  const document = redact(clean, token === null ? [] : [token]);
  await keepArtifact(deps.stateDir, id, 'micro-sprint.md', document);
  const folder = await bugsFolder(workspace.path);
  await replaceFile(path.join(folder, `${ids.bug_id}.md`), document);
  const counter = path.join(folder, 'counter');
  const given = Number((await textOf(counter))?.trim());
  const own = Number(ids.sprint_id.replace('sprint-bug-', ''));
  await replaceFile(counter, `${Number.isSafeInteger(given) ? Math.max(given, own) : own}\n`);
  const message = `docs(${ids.sprint_id}): the triage of bug ${ids.bug_id}\n\nLocus-Run: ${run.runId}\n`;
  const { commit } = await commitPending(deps, run, { workspace, startCommit, message, attemptId });
  return { commit, document };
}

/** Of two bugs at once, each gets a number of its own: who makes the claim's file has it. */
async function claimed(
  repository: Repository,
  bug: string,
  remoteCounters: readonly (string | null)[],
): Promise<number> {
  const bugs = repository.bare ? path.join(repository.commonDir, 'locus-bugs') : await bugsFolder(repository.root);
  const folder = await madeInside(bugs, 'claims');
  await hideClaims(repository);
  for (;;) {
    const claims = await readdir(folder);
    for (const name of claims) if ((await textOf(path.join(folder, name)))?.trim() === bug) return numberOf(name);
    const number = nextBugSprint({
      claims,
      counter: await textOf(path.join(bugs, 'counter')),
      remoteCounters,
      documents: await documentsIn(bugs),
    });
    const isOurs = await writeFile(path.join(folder, bugSprintId(number)), `${bug}\n`, { flag: 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (isOurs) return number;
  }
}

function numberOf(claim: string): number {
  return Number(claim.replace(/^sprint-bug-/, ''));
}

async function counterOn(repository: Repository, { remote }: RunContext, branch: string): Promise<string | null> {
  const commit = await baseCommit(repository, branch, remote).catch(() => null);
  if (commit === null) return null;
  const { commonDir } = repository;
  const found = await tryGit({ commonDir }, ['cat-file', 'blob', `${commit}:.locus/bugs/counter`]);
  return found.exitCode === 0 ? found.stdout : null;
}

async function documentsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.md'));
  const texts = await Promise.all(names.map((name) => textOf(path.join(folder, name))));
  return texts.filter((text) => text !== null);
}

async function bugsFolder(root: string): Promise<string> {
  return madeInside(await madeInside(root, '.locus'), 'bugs');
}

/** A link in the repository must not lead our files out of it. */
async function madeInside(parent: string, name: string): Promise<string> {
  const folder = path.join(parent, name);
  await mkdir(folder, { recursive: true });
  if ((await realpath(folder)) === path.join(await realpath(parent), name)) return folder;
  throw new LocusFailure('RepositoryInvalid', `${folder} is a link: what belongs into it would lie elsewhere`);
}

async function textOf(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}
