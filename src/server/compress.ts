import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';

/** What is smaller stays readable in the Web UI: some two hundred tasks. Temporal refuses payloads of more than 2 MB. */
const fromBytes = 100 * 1024;
/** Four thousand tasks take a tenth of it; more is nobody's state. */
const mostBytes = 64 * 1024 * 1024;

const compressed = Buffer.from('binary/gzip');
const field = 'locus-encoding';

/** Compresses large payloads: the state of a run of thousands of tasks, which says the same of most of them. */
export function compressCodec(): PayloadCodec {
  return {
    encode: (payloads) => Promise.all(payloads.map(smaller)),
    decode: (payloads) => Promise.all(payloads.map(whole)),
  };
}

async function smaller(payload: Payload): Promise<Payload> {
  const { data, metadata } = payload;
  if (!data || data.length < fromBytes || !metadata?.encoding) return payload;
  const packed = await promisify(gzip)(data, { level: constants.Z_BEST_SPEED });
  return { ...payload, data: packed, metadata: { ...metadata, encoding: compressed, [field]: metadata.encoding } };
}

async function whole(payload: Payload): Promise<Payload> {
  const { [field]: encoding, ...metadata } = payload.metadata ?? {};
  if (!encoding || !payload.data) return payload;
  const data = await promisify(gunzip)(payload.data, { maxOutputLength: mostBytes });
  return { ...payload, data, metadata: { ...metadata, encoding } };
}
