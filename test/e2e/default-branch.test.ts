import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated } from './support/gated.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

/** Its remote's default branch is `trunk`, and there is a `main` beside it, which is the one that is usual. */
async function onTrunk(config: Record<string, unknown> = {}): Promise<GatedRepository> {
  const repository = await makeGated(world, {}, { config });
  await repository.git('branch', 'trunk', 'main');
  await repository.git('push', '-q', 'origin', 'trunk');
  await repository.gitRemote('symbolic-ref', 'HEAD', 'refs/heads/trunk');
  return repository;
}

const guard = (repository: GatedRepository, ...words: string[]) => repository.run(['guard', ...words]);

describe('A4: the default branch is protected whatever its name', () => {
  test.each([
    ['as git knows it, whatever the config says', { github: { defaultBranch: 'other' } }, true],
    ['as the remote says it, whatever the config says', { github: { defaultBranch: 'other' } }, false],
    ['as the remote says it, whatever is usual', {}, false],
  ])(
    '%s',
    async (_how, config, known) => {
      const repository = await onTrunk(config);
      if (known) await repository.git('remote', 'set-head', 'origin', 'trunk');
      await repository.git('branch', 'other', 'main');
      for (const branch of ['refs/heads/trunk', ...('github' in config ? ['other'] : [])]) {
        expect(await guard(repository, 'is-protected', branch)).toMatchObject({ code: 0, stdout: 'true\n' });
      }
      expect(await guard(repository, 'push', 'origin', 'HEAD:trunk')).toMatchObject({ code: 1 });
      expect(await guard(repository, 'is-protected', 'mine')).toMatchObject({ code: 1, stdout: 'false\n' });
      expect(await guard(repository, 'push', 'origin', 'HEAD')).toMatchObject({ code: 0 });
      const run = (...more: string[]) => repository.run(['run', '1', '--gated', '--dry-run', ...more]);
      const base = 'github' in config ? 'other' : 'trunk';
      expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining(`based on ${base}`) });
      expect(await run('--branch', 'trunk')).toMatchObject({ code: 1, stderr: expect.stringContaining('"trunk"') });
      await repository.git('switch', '-q', 'trunk');
      expect(await guard(repository, 'validate')).toMatchObject({ code: 1 });
      expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining('the current branch is trunk') });
    },
    60_000,
  );

  test('where the remote does not tell it, it is the usual one; what is protected anyway is blocked without asking', async () => {
    let asked = 0;
    const silent = createServer(() => {
      asked += 1;
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const repository = await onTrunk();
      const { port } = silent.address() as AddressInfo;
      await repository.git('remote', 'set-url', 'origin', `git://127.0.0.1:${port}/shop.git`);
      expect(await guard(repository, 'push', 'origin', 'main')).toMatchObject({ code: 1 });
      expect(await guard(repository, 'is-protected', 'main')).toMatchObject({ code: 0 });
      expect(await guard(repository, 'push-mode')).toMatchObject({ code: 0 });
      expect(asked).toBe(0);
      expect(await guard(repository, 'push', 'origin', 'mine')).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('origin did not name its default branch: main is taken for it'),
      });
      expect(asked).toBe(1);
      await repository.git('remote', 'set-head', 'origin', 'trunk');
      expect(await guard(repository, 'push', 'origin', 'trunk')).toMatchObject({ code: 1 });
      const run = ['run', '1', '--gated', '--dry-run', '--branch', 'trunk'];
      expect(await repository.run(run)).toMatchObject({ code: 1, stderr: expect.stringContaining('"trunk"') });
      expect(asked).toBe(1);
    } finally {
      silent.close();
    }
  }, 90_000);
});

test('a remote that is a relative path is asked as well, and of two protected names the right one is told', async () => {
  const repository = await onTrunk();
  const address = await repository.git('remote', 'get-url', 'origin');
  await repository.git('remote', 'set-url', 'origin', path.relative(repository.root, address));
  expect(await guard(repository, 'is-protected', 'trunk')).toMatchObject({ code: 0, stdout: 'true\n' });
  expect(await guard(repository, 'push', 'origin', 'feature/x', 'main')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('main'),
  });
}, 60_000);

test('a config that is not valid keeps the branches protected that it names', async () => {
  const repository = await makeGated(world, {});
  const config = { github: { defaultBranch: 'integration' }, run_mode: { git: { auto_push: 'maybe' } } };
  await writeFile(path.join(repository.root, '.locus', 'config.json'), JSON.stringify(config));
  expect(await guard(repository, 'is-protected', 'integration')).toMatchObject({ code: 0, stdout: 'true\n' });
}, 60_000);

test('a remote whose HEAD names a branch that is not there does not keep a run from its work', async () => {
  const repository = await makeGated(world, {});
  await repository.git('remote', 'set-head', 'origin', '--delete').catch(() => {});
  await repository.gitRemote('symbolic-ref', 'HEAD', 'refs/heads/never');
  expect(await guard(repository, 'push', 'origin', 'mine')).toMatchObject({ code: 0 });
  expect(await repository.run(['run', '1', '--gated', '--dry-run'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('based on main'),
  });
}, 60_000);

test('locus guard judges by what git says where the config is not valid; push-mode alone needs it', async () => {
  const repository = await makeGated(world, {});
  await writeFile(path.join(repository.root, '.locus', 'config.json'), '{ "run_mode": ');
  const log = path.join(world.stateDir, 'guard.log');
  const before = (await readFile(log, 'utf8').catch(() => '')).length;
  expect(await guard(repository, 'merge', 'x')).toMatchObject({ code: 1 });
  expect((await readFile(log, 'utf8')).slice(before)).toContain('"operation":"merge"');
  expect(await guard(repository, 'is-protected', 'main')).toMatchObject({ code: 0, stdout: 'true\n' });
  expect(await guard(repository, '--help')).toMatchObject({ code: 0, stderr: '' });
  expect(await guard(repository, 'push-mode')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('config.json'),
  });
}, 60_000);
