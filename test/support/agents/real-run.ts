import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listLiveAttempts } from '../../../src/agents/host/live.ts';
import { type GitHubRepository, makeRepository } from '../../e2e/support/repository.ts';
import type { Environment, World } from '../../e2e/support/world.ts';
import { modelNames, type RealProvider, realBin, realPath } from './real.ts';

export interface RealRun {
  readonly repository: GitHubRepository;
  /** For `locus run`: where the program and its model are. */
  readonly env: Environment;
  /** The arguments of each start of an agent that is not confined, in time. */
  starts(): Promise<string[][]>;
  /** Whether a session of the agent holds a text already. */
  sessionHolds(text: string): Promise<boolean>;
  /** Folders of the attempts of which a process lives. */
  live(): Promise<string[]>;
}

interface RealRunOptions {
  readonly provider: RealProvider;
  readonly modelUrl: string;
  readonly isConfined?: boolean;
  /** Of the config. */
  readonly agent?: Readonly<Record<string, unknown>>;
}

/** A repository whose agent is a real program that asks the scripted model; its home is that of the world. */
export async function realRun(
  world: World,
  { provider, modelUrl, isConfined = false, agent = {} }: RealRunOptions,
): Promise<RealRun> {
  const ai = { provider, model: modelNames[provider] };
  const repository = await makeRepository(world, { config: { ai, agent, sandbox: { enabled: isConfined } } });
  const home = world.env.HOME ?? '';
  await useModel(home, modelUrl);
  const bin = path.join(repository.agentFolder, 'bin');
  const log = path.join(repository.agentFolder, 'starts');
  const attemptsFolder = path.join(world.stateDir, 'attempts');
  await noteStarts(path.join(bin, provider), path.join(realBin, provider), log);

  return {
    repository,
    env: {
      // What notes the starts could not write its notes in a sandbox.
      PATH: isConfined ? realPath() : `${bin}:${realPath()}`,
      ...{ ANTHROPIC_BASE_URL: modelUrl, ANTHROPIC_API_KEY: 'sk-ant-none', OPENAI_API_KEY: 'none' },
    },
    async starts() {
      const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean);
      return lines.map((line) => line.split(' ')).filter(([first]) => first !== '--version');
    },
    async sessionHolds(text) {
      const folder = path.join(home, provider === 'claude' ? '.claude/projects' : '.codex/sessions');
      const files = await readdir(folder, { recursive: true }).catch(() => []);
      const sessions = files.filter((file) => file.endsWith('.jsonl'));
      const texts = await Promise.all(sessions.map((file) => readFile(path.join(folder, file), 'utf8')));
      return texts.some((each) => each.includes(text));
    },
    live: async () => (await listLiveAttempts(attemptsFolder)).map((id) => path.join(attemptsFolder, id)),
  };
}

/** Codex reads where its model is from its own config. */
async function useModel(home: string, url: string): Promise<void> {
  const folder = path.join(home, '.codex');
  await mkdir(folder, { recursive: true });
  const provider = `name = "mock"\nbase_url = "${url}/v1"\nwire_api = "responses"\nenv_key = "OPENAI_API_KEY"\n`;
  await writeFile(path.join(folder, 'config.toml'), `model_provider = "mock"\n[model_providers.mock]\n${provider}`);
}

/** A program that notes its arguments and becomes the real one. */
async function noteStarts(file: string, real: string, log: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho "$@" >>'${log}'\nexec '${real}' "$@"\n`);
  await chmod(file, 0o755);
}
