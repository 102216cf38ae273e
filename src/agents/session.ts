import { readdir } from 'node:fs/promises';
import type { Agent } from './agent.ts';
import { agentFolders } from './folders.ts';

/**
 * Whether an agent can go on with a session. It tells a session's name before it has written anything of it, so one
 * that was killed in its first moments has none; asked to resume that, it would fail at once.
 */
export async function hasSession(
  agent: Agent,
  session: string,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Promise<boolean> {
  if (!agent.resumable) return false;
  const { writable } = await agentFolders(agent, env, home);
  const files = await Promise.all(writable.map((folder) => readdir(folder, { recursive: true }).catch(() => [])));
  return files.flat().some((file) => file.endsWith(`${session}.jsonl`));
}
