import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Agent } from './agent.ts';
import { agentFolders } from './folders.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Whether an agent can go on with a session. It tells a session's name before it has written anything of it, so one
 * that was killed in its first moments has none; asked to resume that, it would fail at once.
 */
export async function hasSession(agent: Agent, session: string, env: Variables, home: string): Promise<boolean> {
  return agent.resumable && (await sessionFile(agent, session, env, home)) !== null;
}

/** Where an agent keeps a session; null where it has written nothing of it. */
export async function sessionFile(agent: Agent, session: string, env: Variables, home: string): Promise<string | null> {
  const { writable } = await agentFolders(agent, env, home);
  for (const folder of writable) {
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    const found = files.find((file) => file.endsWith(`${session}.jsonl`));
    if (found !== undefined) return path.join(folder, found);
  }
  return null;
}
