import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyFile, readFile, rm } from '../../src/disk/at-once.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'locus-at-once-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

test('a pipe that nobody writes to is not waited for', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync(at('pipe'), at('link'));
  await expect(readFile(at('pipe'), 'utf8')).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(readFile(at('link'), 'utf8')).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(copyFile(at('pipe'), at('copy'))).rejects.toMatchObject({ code: 'EISDIR' });
});

test('a file is read and copied whole, whatever bytes it has', async () => {
  writeFileSync(at('a'), Buffer.from([0, 255, 10, 195, 40]));
  await copyFile(at('a'), at('b'));
  expect(Buffer.from(await readFile(at('b'), 'latin1'), 'latin1')).toEqual(Buffer.from([0, 255, 10, 195, 40]));
  await expect(readFile(at('none'), 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('removed is a file, a link alone, and a folder where that is asked for', async () => {
  mkdirSync(join(at('folder'), 'inner'), { recursive: true });
  symlinkSync(at('folder'), at('link'));
  await rm(at('link'));
  await expect(rm(at('folder'))).rejects.toThrow();
  expect(existsSync(join(at('folder'), 'inner'))).toBe(true);
  await rm(at('folder'), { recursive: true });
  expect(existsSync(at('folder'))).toBe(false);
  await rm(at('none'), { force: true });
  await expect(rm(at('none'))).rejects.toMatchObject({ code: 'ENOENT' });
});
