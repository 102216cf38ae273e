import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.end());

test('an error that names a folder, or a word that was typed, tells it without its escape sequences', async () => {
  const cwd = path.join(world.folder, 'a\u001b]0;owned\u0007b');
  await mkdir(cwd);
  await promisify(execFile)('git', ['-C', cwd, 'init', '-q']);
  const { code, stderr } = await world.locus(['run'], { cwd });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('a]0;ownedb has no git remote') });
  const typed = await world.locus(['\u001b[2Jrun'], { cwd });
  expect(typed).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command '[2Jrun'") });
  expect(stderr + typed.stderr).not.toMatch(/(?!\n)\p{Cc}/u);
});
