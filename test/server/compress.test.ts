import { expect, test } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { compressCodec } from '../../src/server/compress.ts';
import { sealCodec } from '../../src/server/seal.ts';

const codec = compressCodec();

function stateOf(tasks: number) {
  const task = (issue: number) => ({ issue, title: `Task ${issue}`, status: 'done', error: null, session: null });
  return { tasks: Array.from({ length: tasks }, (_, at) => task(at)) };
}

async function there(value: unknown): Promise<Payload> {
  const [payload] = await codec.encode([defaultPayloadConverter.toPayload(value)]);
  return payload!;
}

test('the state of a large run becomes small, and comes back as it was', async () => {
  const state = stateOf(4000);
  const payload = await there(state);
  expect(payload.data!.length).toBeLessThan(JSON.stringify(state).length / 5);
  const [back] = await codec.decode([payload]);
  expect(defaultPayloadConverter.fromPayload(back!)).toEqual(state);
});

test('what is of the usual size stays readable', async () => {
  const state = stateOf(200);
  expect(Buffer.from((await there(state)).data!).toString()).toBe(JSON.stringify(state));
});

test('what claims to be compressed and is not, or is a bomb, is refused', async () => {
  const payload = await there(stateOf(4000));
  await expect(codec.decode([{ ...payload, data: Buffer.from('{}') }])).rejects.toThrow();
  const bomb = await there('a'.repeat(65 * 1024 * 1024));
  await expect(codec.decode([bomb])).rejects.toThrow();
});

test('it goes under the seal', async () => {
  const seal = sealCodec(Buffer.alloc(32));
  const payloads = await seal.encode([await there(stateOf(4000))]);
  const [back] = await codec.decode(await seal.decode(payloads));
  expect(defaultPayloadConverter.fromPayload(back!)).toEqual(stateOf(4000));
});
