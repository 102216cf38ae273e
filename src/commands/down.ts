import { stopKeeper } from '../server/keeper.ts';

export interface DownOptions {
  readonly stateDir: string;
  /** End the agents too, instead of leaving them to finish. */
  readonly agents: boolean;
}

export interface DownDeps {
  /** Answers how many there were. */
  readonly endAgents: () => Promise<number>;
}

/** `locus down`: stops the keeper with its server and worker. Runs go on after the next `locus up`. */
export async function down({ stateDir, agents }: DownOptions, { endAgents }: DownDeps): Promise<number> {
  // The worker goes first: it would start an agent that has ended again.
  const stopped = await stopKeeper(stateDir);
  console.log(stopped ? 'The Temporal server and the worker are stopped.' : 'Nothing was running.');
  if (agents) console.log(`Agents ended: ${await endAgents()}.`);
  return 0;
}
