import type { Server } from 'node:net';
import { z } from 'zod';
import type { Secrets } from './secrets.ts';
import { listen } from './socket.ts';

const Request = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('put'),
    scope: z.string().min(1),
    token: z.string().nullable(),
    env: z.record(z.string(), z.string()),
    /** Whether these variables take the place of those that are held. */
    replaces: z.boolean().default(true),
  }),
  z.object({ kind: z.literal('get'), scope: z.string().min(1) }),
  z.object({ kind: z.literal('status') }),
  z.object({
    kind: z.literal('replaceWorker'),
    script: z.string().min(1),
    version: z.string().min(1),
    build: z.string(),
  }),
]);

export interface WorkerBuild {
  readonly script: string;
  readonly version: string;
  readonly build: string;
}

export interface KeeperActions {
  /** What keeper.json says. */
  readonly status: () => object;
  /** Goes on with another build's worker. */
  readonly replaceWorker: (worker: WorkerBuild) => void;
}

/** The keeper's ear: holds the secrets that commands hand over, in memory, and gives them to the worker. */
export async function serveSocket(file: string, actions: KeeperActions): Promise<Server> {
  const held = new Map<string, Secrets>();
  return listen(file, async (message) => {
    const request = Request.parse(message);
    switch (request.kind) {
      case 'put':
        held.set(request.scope, {
          token: request.token,
          env: (!request.replaces && held.get(request.scope)?.env) || request.env,
        });
        return { ok: true };
      case 'get':
        return { ok: true, secrets: held.get(request.scope) ?? null };
      case 'status':
        return { ok: true, status: actions.status() };
      case 'replaceWorker':
        actions.replaceWorker(request);
        return { ok: true };
    }
  });
}
