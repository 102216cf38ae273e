import { Context } from '@temporalio/activity';
import { endAgent } from '../../agents/host/end.ts';
import type { TestRun } from '../../domain/gated/body-parts.ts';
import { failuresIn } from '../../domain/gated/post-pr-e2e.ts';
import { allowedCommand, buildCommand, type DetectedCommand, testCommand } from '../../domain/gated/test-command.ts';
import { redact } from '../../domain/redact.ts';
import type { RunContext } from '../../domain/run.ts';
import { resolveCommit } from '../../git/branches.ts';
import { cleanWorkspace } from '../../git/clean.ts';
import { readHead } from '../../git/place.ts';
import { confinedRun } from '../confine.ts';
import type { Dependencies } from '../deps.ts';
import { setFoundAside } from '../found.ts';
import { keepArtifact } from '../gated/records.ts';
import { repositoryFiles } from '../gated/repository-files.ts';
import { attemptDir } from '../repository.ts';
import type { TestsRequest, TestsRound } from './contract.ts';

const mostFailures = 50;

/** Builds, then tests; what a command leaves in the work tree is nobody's work, and goes. */
export async function runTests(deps: Dependencies, run: RunContext, request: TestsRequest): Promise<TestsRound> {
  const { workspace, commit, attemptId, task } = request;
  // One that a killed worker left would still be writing.
  await endAgent(attemptDir(deps.stateDir, attemptId));
  const wrong = await otherBranch(request);
  if (wrong !== null) return { result: { outcome: 'ERROR', reason: wrong }, runs: [] };
  // In the checkout it may be a person's.
  await setFoundAside(run, { workspace, start: commit, task });
  const [build, test] = await Promise.all([
    repositoryFiles(workspace, commit, request.build).then(buildCommand),
    repositoryFiles(workspace, commit, request.test).then(testCommand),
  ]);
  const refused = [build, test].find((each) => each !== null && allowedCommand(each.command) === null);
  if (refused) return { result: { outcome: 'ERROR', reason: refusal(refused) }, runs: [] };
  try {
    return await carriedOut(deps, run, { request, build, test });
  } finally {
    if (workspace.mode === 'root') await setFoundAside(run, { workspace, start: commit, task });
    await cleanWorkspace(workspace, commit);
  }
}

interface Plan {
  readonly request: TestsRequest;
  readonly build: DetectedCommand | null;
  readonly test: DetectedCommand | null;
}

async function carriedOut(deps: Dependencies, run: RunContext, { request, build, test }: Plan): Promise<TestsRound> {
  const runs: TestRun[] = [];
  const commands = [
    { name: 'build', command: build?.command, timeoutS: request.timeoutS.build },
    { name: 'test', command: test?.command, timeoutS: request.timeoutS.test },
  ];
  for (const { name, command, timeoutS } of commands) {
    if (command === undefined) continue;
    const { exitCode, output } = await ended(deps, run, request, { command, timeoutS });
    await keepArtifact(deps.stateDir, request.id, request.log, `$ ${command}\n${output}\n`);
    runs.push({ command, exit_code: exitCode });
    if (exitCode === null) {
      return { result: { outcome: 'TIMEOUT', reason: `\`${command}\` did not end within ${timeoutS} s` }, runs };
    }
    if (exitCode === 0) continue;
    if (name === 'build') return { result: { outcome: 'BUILD_FAILED' }, runs };
    return { result: { outcome: 'FAILED', failures: failuresIn(output, exitCode).slice(0, mostFailures) }, runs };
  }
  return { result: { outcome: test === null ? 'NONE' : 'PASSED' }, runs };
}

/** `exitCode` null: it did not end in its time. */
async function ended(
  deps: Dependencies,
  run: RunContext,
  { workspace, attemptId }: TestsRequest,
  { command, timeoutS }: { readonly command: string; readonly timeoutS: number },
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const { env, token } = await deps.secrets(run);
  const argv = allowedCommand(command) ?? [];
  const signal = Context.current().cancellationSignal;
  const timeoutMs = timeoutS * 1000;
  const done = await confinedRun(deps, run, { workspace, argv, env, purpose: 'e2e', attemptId, signal, timeoutMs });
  signal.throwIfAborted();
  return {
    exitCode: done.timedOut ? null : done.exitCode,
    output: redact(done.output, token === null ? [] : [token]),
  };
}

async function otherBranch({ workspace, branch, commit }: TestsRequest): Promise<string | null> {
  const tip = await resolveCommit(workspace.repository, `refs/heads/${branch}`);
  if (workspace.branch !== branch) return `the workspace is on ${workspace.branch}, not on ${branch}`;
  if (tip !== commit) return `${branch} is at ${tip?.slice(0, 12) ?? 'no commit'}, not at ${commit.slice(0, 12)}`;
  const head = await readHead(workspace, () => true).catch(() => null);
  return head === commit
    ? null
    : `the workspace is at ${head?.slice(0, 12) ?? 'no commit'}, not at ${commit.slice(0, 12)}`;
}

function refusal({ command, source }: DetectedCommand): string {
  const shown = JSON.stringify(redact(command).slice(0, 200));
  return `the command ${shown} (${source}) may not be run: it is not on the list of build and test programs, or asks for a shell`;
}
