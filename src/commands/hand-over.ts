import { handedVariables } from '../agents/handed.ts';
import { configuredTemporal } from '../server/connection.ts';
import { readKeeper } from '../server/keeper-file.ts';
import { scopeOf } from '../server/run-secrets.ts';
import { handOver } from '../server/secrets.ts';
import { openProject, type Project } from './project.ts';

/**
 * Gives the keeper this repository's token and variables: it holds them in memory alone, and has none after a restart.
 * Only a command that starts or resumes a run `replaces` the variables: the agents of a run that goes on keep theirs.
 */
export async function handOverSecrets(project: Project, replaces: boolean): Promise<void> {
  const keeper = await readKeeper(project.stateDir);
  const token = await project.token();
  if (keeper === null || (token === null && project.tracker.kind !== 'local')) return;
  const env = handedVariables(process.env, project.config.agent.env);
  await handOver(keeper, scopeOf(project.tracker), { token, env }, replaces);
}

/** After a start of the keeper: inside a repository, the runs that were interrupted in it need its token to go on. */
export async function handOverHere(): Promise<void> {
  const project = await openProject(process.cwd()).catch(() => null);
  if (project && (await configuredTemporal()) === null) await handOverSecrets(project, false);
}
