import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readSmall } from '../../src/disk/small-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'small-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a small file is read, and one that is not there is none', () => {
  writeFileSync(join(folder, 'HEAD'), 'ref: refs/heads/ä\n');
  expect(readSmall(join(folder, 'HEAD'))).toBe('ref: refs/heads/ä\n');
  expect(readSmall(join(folder, 'nothing'))).toBeNull();
  mkdirSync(join(folder, 'heads'));
  expect(readSmall(join(folder, 'heads'))).toBeNull();
});

test('a link is not followed, a pipe not waited for, a large file not read', () => {
  symlinkSync(join(folder, 'HEAD'), join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  writeFileSync(join(folder, 'large'), 'x'.repeat(20_000));
  for (const name of ['link', 'pipe', 'large']) expect(readSmall(join(folder, name))).toBeUndefined();
});
