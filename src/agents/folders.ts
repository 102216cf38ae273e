import path from 'node:path';
import { mkdir, realpath } from '../disk/at-once.ts';
import type { Agent } from './agent.ts';

export interface AgentFolders {
  /** For `Confinement.agentFolders`. */
  readonly writable: readonly string[];
  /** For `Confinement.agentReadable`. */
  readonly readable: readonly string[];
}

/** Where an agent keeps its sessions and settings, as real paths. Makes the folders that it must be able to write. */
export async function agentFolders(
  agent: Pick<Agent, 'folders' | 'readable' | 'configFolder'>,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Promise<AgentFolders> {
  const { configFolder } = agent;
  const moved = configFolder && env[configFolder.variable];

  function locate(name: string): string {
    if (configFolder && moved && name.startsWith(`${configFolder.usual}/`)) {
      return path.join(moved, name.slice(configFolder.usual.length));
    }
    return name.replace(/^~(?=\/|$)/, home);
  }

  const written = agent.folders.map(locate);
  for (const folder of written) if (folder.endsWith('/')) await mkdir(folder, { recursive: true, mode: 0o700 });
  return { writable: await realPaths(written), readable: await realPaths((agent.readable ?? []).map(locate)) };
}

/** What does not exist is left out. */
async function realPaths(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(files.map((file) => realpath(file).catch(() => null)));
  return found.filter((file) => file !== null);
}
