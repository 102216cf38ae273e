import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endAllAgents } from '../../../src/agents/host/end.ts';
import { type HostRequest, startHost } from '../../../src/agents/host/start.ts';
import type { Provider } from '../../../src/domain/settings.ts';

export const scripted = fileURLToPath(new URL('./scripted.mjs', import.meta.url));

let counter = 0;

/** A folder with room for attempts and a workspace. `dispose` ends whatever still runs in it. */
export async function attemptsFolder() {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'locus-agents-')));
  const attempts = path.join(root, 'attempts');
  const workspace = path.join(root, 'workspace');
  await mkdir(workspace, { recursive: true });
  return {
    root,
    attempts,
    workspace,
    /** Starts the scripted agent with these directives. */
    async start(directives: readonly string[], changes: Partial<HostRequest> & { provider?: Provider } = {}) {
      const { provider = 'command', ...request } = changes;
      const dir = request.dir ?? path.join(attempts, `test-${process.pid}-${counter++}`);
      const answer = await startHost({
        argv: [process.execPath, scripted],
        cwd: workspace,
        prompt: directives.join('\n'),
        deadline: Date.now() + 60_000,
        orphanMinutes: 30,
        ...request,
        dir,
        env: { PATH: process.env.PATH ?? '', LOCUS_FAKE_PROVIDER: provider, ...request.env },
      });
      return { dir, ...answer };
    },
    async dispose() {
      await endAllAgents(attempts);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Waits until a condition holds; fails with its words after 10 s. */
export async function until(words: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await delay(20)) {
    if (await holds()) return;
  }
  throw new Error(`in 10 s it never came about that ${words}`);
}

export function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
