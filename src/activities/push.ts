import type { RunContext } from '../domain/run.ts';
import { resolveCommit } from '../git/branches.ts';
import { pushCommit } from '../git/push.ts';
import type { PushRequest } from './contract.ts';
import type { Dependencies } from './deps.ts';
import { credentialsFor, repositoryOf } from './repository.ts';

/** Pushes a task's commit to its branch. Nothing is forced, but our own branch where it was rebased on purpose. */
export async function pushBranch(deps: Dependencies, run: RunContext, { branch, commit }: PushRequest): Promise<void> {
  const { remote } = run;
  if (remote === null) return;
  const repository = await repositoryOf(run, deps.stateDir);
  const { token } = await deps.secrets(run);
  const expected =
    run.settings.agent.updateWith === 'rebase'
      ? await resolveCommit(repository, `refs/remotes/${remote}/${branch}`)
      : null;
  await pushCommit({
    repository,
    remote,
    branch,
    commit,
    defaultBranch: run.baseBranch,
    protectedBranches: [run.baseBranch],
    token: credentialsFor(run, token),
    ...(expected === null ? {} : { lease: { expected } }),
  });
}
