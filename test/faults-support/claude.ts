import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GitHubRepository, makeRepository, type RepositoryOptions } from '../e2e/support/repository.ts';
import type { World } from '../e2e/support/world.ts';

const agent = fileURLToPath(new URL('../e2e/support/agent.mjs', import.meta.url));

/** A repository whose agent is `claude`, as the first of that name on PATH: the scripted agent, which speaks as claude does. */
export async function makeClaudeRepository(world: World, options: RepositoryOptions = {}): Promise<GitHubRepository> {
  const config = {
    ...options.config,
    ai: { provider: 'claude' },
    agent: { prices: { '*': { inputUsd: 1, cachedInputUsd: 1, outputUsd: 1 } }, ...(options.config?.agent as object) },
  };
  const repository = await makeRepository(world, { ...options, config });
  const bin = path.join(repository.agentFolder, 'bin');
  await mkdir(bin);
  await writeFile(path.join(bin, 'claude'), `#!/bin/sh\nexec '${process.execPath}' '${agent}' "$@"\n`, { mode: 0o755 });
  const PATH = `${bin}:${world.env.PATH}`;
  return {
    ...repository,
    run: (args, env) => repository.run(args, { PATH, ...env }),
    start: (args, env) => repository.start(args, { PATH, ...env }),
  };
}

/** Changes keys of `agent` in the config that lies in the checkout, as a person does. */
export async function configureAgent({ root }: GitHubRepository, agentKeys: object): Promise<void> {
  const file = path.join(root, '.locus/config.json');
  const config = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, `${JSON.stringify({ ...config, agent: { ...config.agent, ...agentKeys } }, null, 2)}\n`);
}
