import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';

export interface Slots {
  /** Holds a slot for a workflow; doing it again changes nothing. */
  take(workflowId: string): Promise<void>;
  free(workflowId: string): Promise<void>;
  /** Another one each time a workflow takes a slot here; null where that is not known. */
  claimOf(workflowId: string): string | null;
  /** Frees what workflows hold that are at work here no more. A claim of the last minute is left alone. */
  sweep(isHere: (workflowId: string) => Promise<boolean>): Promise<void>;
  /** A worker with this polls for claims only while a slot is free. */
  readonly supplier: CustomSlotSupplier<ActivitySlotInfo>;
}

interface Claim {
  readonly workflowId: string;
  readonly id: string | null;
}

const settlingMs = 60_000;

/** The slots of a host: how many workflows may have a workspace here at once. Who holds them outlives the worker. */
export async function openSlots(stateDir: string, count: number): Promise<Slots> {
  const folder = path.join(stateDir, 'slots');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const held = await readClaims(folder);
  // Reserved by a poll, or by a claim that is not answered yet.
  let reserved = 0;
  const waiting: (() => void)[] = [];
  const serve = () => {
    while (waiting.length > 0 && held.size + reserved < count) {
      reserved += 1;
      waiting.shift()?.();
    }
  };
  const free = async (name: string) => {
    await rm(path.join(folder, name), { force: true });
    held.delete(name);
    serve();
  };

  return {
    async take(workflowId) {
      const name = nameOf(workflowId);
      // Held once its file is there: a claim without one would look like an old one to a sweep.
      const claim = { workflowId, id: randomBytes(6).toString('hex') };
      await writeClaim(path.join(folder, name), claim);
      held.set(name, claim);
    },
    free: (workflowId) => free(nameOf(workflowId)),
    claimOf: (workflowId) => held.get(nameOf(workflowId))?.id ?? null,
    async sweep(isHere) {
      for (const [name, { workflowId }] of [...held]) {
        const { mtimeMs } = await stat(path.join(folder, name)).catch(() => ({ mtimeMs: 0 }));
        if (Date.now() - mtimeMs <= settlingMs) continue;
        // One that nobody can tell about, or whose file cannot be removed, is left to the next sweep.
        const isGone = await isHere(workflowId).then(
          (here) => !here,
          () => false,
        );
        if (isGone) await free(name).catch(() => {});
      }
    },
    supplier: {
      type: 'custom',
      reserveSlot: (_context, signal) =>
        new Promise<SlotPermit>((resolve, reject) => {
          const grant = () => resolve({});
          waiting.push(grant);
          signal.addEventListener('abort', () => {
            const index = waiting.indexOf(grant);
            if (index >= 0) waiting.splice(index, 1);
            reject(signal.reason);
          });
          serve();
        }),
      tryReserveSlot: () => null,
      markSlotUsed() {},
      releaseSlot() {
        reserved -= 1;
        serve();
      },
    },
  };
}

/** A power cut or a full disk may have left a file that names no workflow; it would hold its slot for ever. */
async function readClaims(folder: string): Promise<Map<string, Claim>> {
  const claims = new Map<string, Claim>();
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    // One of an earlier Locus has no second line.
    const [workflowId = '', id = null] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
    if (nameOf(workflowId) === name) claims.set(name, { workflowId, id });
    else await rm(file, { recursive: true, force: true }).catch(() => {});
  }
  return claims;
}

async function writeClaim(file: string, { workflowId, id }: Claim): Promise<void> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${workflowId}\n${id}`, { mode: 0o600, flush: true });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

function nameOf(workflowId: string): string {
  return createHash('sha256').update(workflowId).digest('hex').slice(0, 24);
}
