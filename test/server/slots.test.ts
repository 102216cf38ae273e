import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openSlots, type Slots } from '../../src/server/slots.ts';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function stateOf(): { stateDir: string; slotsDir: string } {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'locus-slots-'));
  folders.push(stateDir);
  const slotsDir = path.join(stateDir, 'slots');
  mkdirSync(slotsDir);
  return { stateDir, slotsDir };
}

/** As if every claim had been made an hour ago. */
function age(slotsDir: string): void {
  for (const name of readdirSync(slotsDir)) utimesSync(path.join(slotsDir, name), 1, 1);
}

/** How many slots are free: how many polls a worker could make. */
async function freeSlots({ supplier }: Slots): Promise<number> {
  let granted = 0;
  const controllers = Array.from({ length: 5 }, () => new AbortController());
  for (const { signal } of controllers) {
    // biome-ignore lint/suspicious/noExplicitAny: the context is not looked at
    supplier.reserveSlot({} as any, signal).then(
      () => {
        granted += 1;
      },
      () => {},
    );
  }
  await delay(20);
  for (const controller of controllers) controller.abort(new Error('enough'));
  return granted;
}

const nowhere = async () => false;

describe('the slots of a host', () => {
  test('are held by those who took one, also after the worker has died', async () => {
    const { stateDir } = stateOf();
    const slots = await openSlots(stateDir, 3);
    await slots.take('locus/a/b/issue/1');
    await slots.take('locus/a/b/issue/1');
    await slots.take('locus/a/b/issue/2');
    expect(await freeSlots(await openSlots(stateDir, 3))).toBe(1);
    await slots.free('locus/a/b/issue/2');
    expect(await freeSlots(await openSlots(stateDir, 3))).toBe(2);
  });

  test('are not held by a file that a power cut has left empty or half, nor by one that cannot be read', async () => {
    const { stateDir, slotsDir } = stateOf();
    await (await openSlots(stateDir, 2)).take('locus/a/b/issue/1');
    const [claim = ''] = readdirSync(slotsDir);
    writeFileSync(path.join(slotsDir, claim), '');
    writeFileSync(path.join(slotsDir, `${claim}.1-2`), 'locus/a/b/iss');
    mkdirSync(path.join(slotsDir, 'folder'));
    expect(await freeSlots(await openSlots(stateDir, 2))).toBe(2);
    expect(readdirSync(slotsDir)).toEqual([]);
  });

  test('are taken in one step: a claim that is there is never written over', async () => {
    const { stateDir, slotsDir } = stateOf();
    const slots = await openSlots(stateDir, 2);
    const inode = () => readdirSync(slotsDir).map((name) => statSync(path.join(slotsDir, name)).ino);
    await slots.take('locus/a/b/issue/1');
    const [before] = inode();
    await slots.take('locus/a/b/issue/1');
    expect(inode()).not.toContain(before);
    expect(inode()).toHaveLength(1);
  });

  test('are not held where the claim could not be written', async () => {
    const { stateDir, slotsDir } = stateOf();
    const slots = await openSlots(stateDir, 2);
    rmSync(slotsDir, { recursive: true });
    await expect(slots.take('locus/a/b/issue/1')).rejects.toThrow('ENOENT');
    expect(await freeSlots(slots)).toBe(2);
  });

  test('are freed of those who are gone, whatever cannot be told of others', async () => {
    const { stateDir, slotsDir } = stateOf();
    const slots = await openSlots(stateDir, 4);
    for (const issue of [1, 2, 3]) await slots.take(`locus/a/b/issue/${issue}`);
    age(slotsDir);
    await slots.sweep(async (workflowId) => {
      if (workflowId.endsWith('/1')) throw new Error('nobody can tell');
      return workflowId.endsWith('/2');
    });
    expect(await freeSlots(slots)).toBe(2);
    expect(readdirSync(slotsDir)).toHaveLength(2);
  });

  test('are known by their claim, which the next worker knows as well and a further claim ends', async () => {
    const { stateDir, slotsDir } = stateOf();
    const issue = 'locus/a/b/issue/1';
    const slots = await openSlots(stateDir, 2);
    expect(slots.claimOf(issue)).toBeNull();
    await slots.take(issue);
    const first = slots.claimOf(issue);
    expect(first).toMatch(/^[0-9a-f]+$/);
    expect((await openSlots(stateDir, 2)).claimOf(issue)).toBe(first);
    await slots.take(issue);
    expect(slots.claimOf(issue)).not.toBe(first);
    // As an earlier Locus wrote it.
    for (const name of readdirSync(slotsDir)) writeFileSync(path.join(slotsDir, name), issue);
    const later = await openSlots(stateDir, 2);
    expect([later.claimOf(issue), await freeSlots(later)]).toEqual([null, 1]);
  });

  test('are not swept in their first minute', async () => {
    const { stateDir, slotsDir } = stateOf();
    const slots = await openSlots(stateDir, 1);
    await slots.take('locus/a/b/issue/1');
    await slots.sweep(nowhere);
    expect(await freeSlots(slots)).toBe(0);
    age(slotsDir);
    await slots.sweep(nowhere);
    expect(await freeSlots(slots)).toBe(1);
  });
});
