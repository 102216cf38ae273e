import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { sealCodec, sealKey } from '../../src/server/seal.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'seal-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const plain: Payload = defaultPayloadConverter.toPayload({ runId: 'r' });

test('a payload of ours is taken, and stays readable for people', async () => {
  const codec = sealCodec(await sealKey(stateDir));
  const [sealed] = await codec.encode([plain]);
  expect(Buffer.from(sealed?.data ?? '').toString()).toBe('{"runId":"r"}');
  expect(await codec.decode([sealed as Payload])).toEqual([plain]);
});

test('one that is nothing, as of an update without an answer, is sealed like any other', async () => {
  const codec = sealCodec(await sealKey(stateDir));
  // As the worker hands it over: protobuf's default for bytes.
  const nothing = { ...defaultPayloadConverter.toPayload(undefined), data: [] as unknown as Uint8Array };
  const [sealed] = await codec.encode([nothing]);
  const [read] = await codec.decode([{ ...sealed, data: Buffer.alloc(0) }]);
  expect(defaultPayloadConverter.fromPayload(read as Payload)).toBeUndefined();
});

test('one without a seal, with another key’s, or that was changed is refused', async () => {
  const codec = sealCodec(await sealKey(stateDir));
  const [sealed] = (await codec.encode([plain])) as [Payload];
  const [foreign] = (await sealCodec(Buffer.alloc(32)).encode([plain])) as [Payload];
  const changed = { ...sealed, data: Buffer.from('{"runId":"x"}') };
  for (const payload of [plain, foreign, changed]) await expect(codec.decode([payload])).rejects.toThrow('refused');
});

test('what the server says of a step that was given up between two attempts is taken', async () => {
  const codec = sealCodec(await sealKey(stateDir));
  const said = defaultPayloadConverter.toPayload('ACTIVITY_ID_NOT_STARTED');
  expect(await codec.decode([said])).toEqual([said]);
});

test('the key is made once, for the user alone', async () => {
  const keys = await Promise.all([1, 2, 3].map(() => sealKey(stateDir)));
  const file = path.join(stateDir, 'seal.key');
  for (const key of keys) expect(Buffer.from(key)).toEqual(await readFile(file));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
