import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Payload, PayloadCodec } from '@temporalio/common';

const field = 'locus-seal';

/** What the server itself says of an activity that was cancelled while it waited for its next attempt. */
const notStarted = '"ACTIVITY_ID_NOT_STARTED"';

/**
 * Marks every payload as ours and refuses others. The embedded server asks nobody who they are, and a confined agent
 * can reach it over loopback: without the key, which the sandbox hides, it cannot start a run or speak to one. The
 * data stays readable in the Web UI.
 */
export function sealCodec(key: Uint8Array): PayloadCodec {
  return {
    encode: async (payloads) => payloads.map((payload) => sealed(payload, key)),
    decode: async (payloads) => payloads.map((payload) => opened(payload, key)),
  };
}

/** The key of a state directory: 32 random bytes, for the user alone; made at the first call. */
export async function sealKey(stateDir: string): Promise<Uint8Array> {
  const file = path.join(stateDir, 'seal.key');
  const known = await readFile(file).catch(() => null);
  if (known !== null) return known;
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(draft, randomBytes(32), { mode: 0o600 });
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft, { force: true });
  return readFile(file);
}

function sealed(payload: Payload, key: Uint8Array): Payload {
  return { ...payload, metadata: { ...payload.metadata, [field]: macOf(payload, key) } };
}

function opened(payload: Payload, key: Uint8Array): Payload {
  // Nobody is told anything by it.
  if (Buffer.from(payload.data ?? []).toString() === notStarted) return payload;
  const { [field]: seal, ...metadata } = payload.metadata ?? {};
  const inner = { ...payload, metadata };
  const expected = macOf(inner, key);
  if (seal?.length === expected.length && timingSafeEqual(seal, expected)) return inner;
  throw new Error('a payload that does not come from this state directory was refused');
}

function macOf({ metadata, data }: Payload, key: Uint8Array): Uint8Array {
  const mac = createHmac('sha256', key);
  mac.update(metadata?.encoding ?? '').update('\0');
  // Of a payload without data, such as an update's answer that is nothing, it is an empty array at times.
  mac.update(data?.length ? data : '');
  return mac.digest();
}
