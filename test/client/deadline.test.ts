import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { boundedCalls, untilAnswered } from '../../src/client/deadline.ts';

let silent: Server;
let address: string;
const sockets = new Set<Socket>();

/** A server that takes connections and never says a word. */
beforeAll(async () => {
  silent = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  address = `127.0.0.1:${(silent.address() as { port: number }).port}`;
});

afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('a request that nobody answers ends, also one without a deadline of its own', async () => {
  const now = jest.spyOn(Date, 'now');
  const connection = Connection.lazy({ address, interceptors: boundedCalls() });
  try {
    // A minute ago, but for half a second.
    const real = Date.now();
    now.mockImplementationOnce(() => real - 59_500);
    const asked = new Client({ connection }).connection.workflowService.getSystemInfo({});
    await expect(asked).rejects.toThrow(/DEADLINE_EXCEEDED/);
  } finally {
    now.mockRestore();
    await connection.close();
  }
});

test('what was not answered in time is asked again, and what fails for another reason is not', async () => {
  const late = Object.assign(new Error('late'), { code: 4, details: '', metadata: {} });
  let asked = 0;
  const answer = await untilAnswered(async () => {
    asked += 1;
    if (asked < 3) throw new Error('not answered', { cause: late });
    return 'answer';
  });
  expect([answer, asked]).toEqual(['answer', 3]);
  const forgotten = () => {
    asked += 1;
    return asked < 5 ? new Promise<string>(() => {}) : Promise.resolve('at last');
  };
  expect([await untilAnswered(forgotten, 20), asked]).toEqual(['at last', 5]);
  await expect(untilAnswered(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
});
