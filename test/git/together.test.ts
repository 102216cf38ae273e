import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Together } from '../../src/git/together.ts';
import { failureOf } from './support.ts';

interface Sent {
  readonly branches: readonly string[];
  readonly signal: AbortSignal;
  /** On the clock of `performance.now`. */
  readonly at: number;
  end(error?: Error): void;
}

/** A remote that answers each branch with its name in capitals, once it is told to. */
function remote(rest = 0, patienceMs = 30_000) {
  const sent: Sent[] = [];
  const together = new Together<{ branch: string; signal?: AbortSignal }, string>({
    rest,
    patienceMs,
    send: (wishes, signal) =>
      new Promise((resolve, reject) => {
        const branches = wishes.map(({ branch }) => branch);
        const end = (error?: Error) => (error ? reject(error) : resolve(branches.map((each) => each.toUpperCase())));
        signal.addEventListener('abort', () => reject(new Error('nobody waits')));
        sent.push({ branches, signal, at: performance.now(), end });
      }),
  });
  const ask = (branch: string, signal?: AbortSignal) => together.ask('origin', { branch, ...(signal && { signal }) });
  const nth = async (n: number) => {
    while (sent.length < n) await delay(1);
    return sent[n - 1] as Sent;
  };
  const branches = () => sent.map((each) => each.branches);
  return { together, ask, nth, branches };
}

test('what comes while a remote is busy goes together, and each gets its own answer', async () => {
  const { ask, nth, branches } = remote();
  const first = ask('a');
  const one = await nth(1);
  const asked = Promise.all([first, ...['b', 'c', 'b'].map((branch) => ask(branch))]);
  one.end();
  (await nth(2)).end();
  // Two of one branch never go together.
  (await nth(3)).end();
  expect(await asked).toEqual(['A', 'B', 'C', 'B']);
  expect(branches()).toEqual([['a'], ['b', 'c'], ['b']]);
});

test('another remote is not waited for', async () => {
  const { together, ask, nth, branches } = remote();
  const here = ask('a');
  const one = await nth(1);
  const there = together.ask('elsewhere', { branch: 'b' });
  (await nth(2)).end();
  expect(await there).toBe('B');
  one.end();
  expect(await here).toBe('A');
  expect(branches()).toEqual([['a'], ['b']]);
});

test('it rests before it is asked for another branch, and not before the same one', async () => {
  const { ask, nth, branches } = remote(10);
  const busyMs = 50;
  const first = ask('a');
  const one = await nth(1);
  await delay(busyMs);
  one.end();
  await first;
  const again = ask('a');
  const two = await nth(2);
  expect(two.at - one.at).toBeLessThan(4 * busyMs);
  await delay(busyMs);
  two.end();
  await again;
  const ended = performance.now();
  const others = Promise.all([ask('b'), ask('c')]);
  const three = await nth(3);
  expect(three.at - ended).toBeGreaterThan(8 * busyMs);
  three.end();
  await others;
  expect(branches()).toEqual([['a'], ['a'], ['b', 'c']]);
});

test('one that hangs holds up nobody for long', async () => {
  const { ask, nth } = remote(1000, 50);
  const hangs = ask('a');
  const one = await nth(1);
  const later = ask('b');
  const two = await nth(2);
  expect(two.at - one.at).toBeGreaterThan(40);
  two.end();
  expect(await later).toBe('B');
  one.end();
  expect(await hangs).toBe('A');
});

test('a failure is told to all whom it is about, and to nobody else', async () => {
  const { ask, nth } = remote();
  const both = [failureOf(ask('a')), failureOf(ask('b'))];
  const one = await nth(1);
  const later = ask('b');
  one.end(new Error('no such place'));
  for (const { message } of await Promise.all(both)) expect(message).toBe('no such place');
  (await nth(2)).end();
  expect(await later).toBe('B');
});

test('who does not wait any more is not sent; what is under way goes on for the others, and ends with the last', async () => {
  const { ask, nth, branches } = remote();
  const [gone, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const first = ask('a');
  const one = await nth(1);
  const waiting = failureOf(ask('b', gone.signal));
  const both = [failureOf(ask('c', second.signal)), failureOf(ask('d', third.signal))];
  gone.abort();
  expect(await waiting).toMatchObject({ type: 'Interrupted' });
  one.end();
  await first;
  const { signal } = await nth(2);
  second.abort();
  expect(await both[0]).toMatchObject({ type: 'Interrupted' });
  expect(signal.aborted).toBe(false);
  third.abort();
  expect((await both[1])?.message).toBe('nobody waits');
  expect(await failureOf(ask('e', AbortSignal.abort()))).toMatchObject({ type: 'Interrupted' });
  expect(branches()).toEqual([['a'], ['c', 'd']]);
});
