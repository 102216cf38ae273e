import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectRefusal, expectUntouched } from '../faults-support/refusal.ts';
import { makeLocalRepository, type TestRepository } from './support/repository.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;
let repository: TestRepository;

beforeAll(async () => {
  world = await openWorld();
  repository = await makeLocalRepository(world);
  await repository.run(['sprint', 'add', 'Sprint 1']);
  await repository.run(['issue', 'add', 'One', '--sprint', 'Sprint 1']);
}, 60_000);

// None of what this file types may start anything, so there is no server either.
afterAll(async () => {
  try {
    await expectUntouched(repository);
    expect(existsSync(path.join(world.stateDir, 'keeper.json'))).toBe(false);
  } finally {
    await world.end();
  }
}, 60_000);

async function folder(name: string): Promise<string> {
  const dir = path.join(world.folder, name);
  await mkdir(dir, { recursive: true });
  return dir;
}

describe('What is typed wrongly is refused with what would be right', () => {
  test.each([
    [['run', 'abc'], /"abc" is not an issue number/, /locus run 42/],
    [['run', '0'], /"0" is not an issue number/, /locus run 42/],
    [['run', '1.5'], /"1.5" is not an issue number/, /locus run 42/],
    [['run', '--sandbox=maybe'], /--sandbox takes "require", not "maybe"/, /--no-sandbox/],
    [['run', '1', '--sprint', 'x'], /issue numbers and --sprint/, /locus --help/],
    [['run', '--resume', '--fresh'], /--resume and --fresh/, /locus --help/],
    [['issue', 'show', 'x'], /"x" is not an issue number/, /./],
  ])('locus %j', async (args, says, remedy) => {
    expectRefusal(await repository.run(args), says, remedy);
  });

  test.each([
    [['run', '--frobnicate'], /unknown option '--frobnicate'; see `locus --help`/],
    [['run', '--sandbox'], /--sandbox/],
    [['frobnicate'], /unknown command 'frobnicate'; see `locus --help`/],
  ])('locus %j', async (args, says) => {
    const ended = await repository.run(args);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 2, stdout: '' });
    expect(ended.stderr.trimEnd().split('\n').at(0)).toMatch(says);
  });

  test('more issues than one run may have, fewer where each has to ask for its part of a budget', async () => {
    const many = (most: number) => ['run', ...Array.from({ length: most + 1 }, (_none, index) => String(index + 1))];
    expectRefusal(await repository.run(many(4000)), /at most 4000 issues, not 4001/, /in parts/);
    const budgeted = await makeLocalRepository(world, { config: { agent: { runBudgetUsd: 5 } } });
    expectRefusal(
      await budgeted.run(many(1000)),
      /at most 1000 issues .*runBudgetUsd.*, not 1001/,
      /unset agent.runBudgetUsd/,
    );
  });

  test('locus alone shows its help and nothing else', async () => {
    const ended = await repository.run([]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^Usage: locus/);
    expect(ended.stderr).not.toContain('outputHelp');
  });
});

describe('A place where no run can be is refused', () => {
  test('a folder that is not in a git repository', async () => {
    const cwd = await folder('plain');
    expectRefusal(await world.locus(['run'], { cwd }), /is not in a git repository/, /git repository/);
  });

  test('a repository without a commit', async () => {
    const empty = await makeLocalRepository(world);
    await empty.git('update-ref', '-d', 'refs/heads/main');
    expectRefusal(await empty.run(['run']), /has no commits yet/, /make the first commit/);
  });

  test('a repository without a remote, whose issues are on GitHub', async () => {
    const alone = await makeLocalRepository(world, { config: { tracker: 'github' } });
    await writeFile(
      path.join(alone.root, '.locus/config.json'),
      '{"ai":{"provider":"command"},"agent":{"command":["true"]}}',
    );
    await alone.git('remote', 'remove', 'origin');
    expectRefusal(await alone.run(['run']), /has no git remote/, /git remote add origin <url>/);
  });

  test('a remote of which nobody can tell the repository on GitHub', async () => {
    const alone = await makeLocalRepository(world);
    await writeFile(
      path.join(alone.root, '.locus/config.json'),
      '{"ai":{"provider":"command"},"agent":{"command":["true"]}}',
    );
    expectRefusal(await alone.run(['run']), /does not say which repository on GitHub/, /locus init --owner/);
  });

  test('a state directory that cannot be had', async () => {
    const file = path.join(world.folder, 'a-file');
    await writeFile(file, '');
    for (const dir of [file, path.join(file, 'inside'), '/proc/locus-state']) {
      const ended = await repository.run(['run'], { LOCUS_STATE_DIR: dir });
      expectRefusal(ended, /the state directory .* cannot be used/, /LOCUS_STATE_DIR/);
    }
  });

  test('a Temporal server that does not answer, within 15 seconds', async () => {
    const began = performance.now();
    const ended = await repository.run(['status'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    expectRefusal(ended, /the Temporal server at 127.0.0.1:9 does not answer/, /TEMPORAL_ADDRESS/);
    expect(performance.now() - began).toBeLessThan(15_000);
    const run = await repository.run(['run'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    expectRefusal(run, /Temporal server/, /TEMPORAL_ADDRESS/);
  }, 40_000);
});

describe('A config that cannot be right is refused with the place of the fault', () => {
  const config = () => path.join(repository.root, '.locus/config.json');
  afterAll(() => repository.git('checkout', '-q', '--', '.locus/config.json'));

  test.each([
    ['broken JSON', '{"tracker": "local",}', /not valid JSON: line 1, column 21/],
    ['not an object', '[]', /must be one object/],
    ['a wrong value', '{"agent":{"maxParallel":"three"}}', /agent\.maxParallel must be a whole number.*is "three"/],
    ['a wrong provider', '{"ai":{"provider":"claud"}}', /ai\.provider must be "claude".*is "claud"/],
    ['a command agent without a command', '{"ai":{"provider":"command"}}', /agent\.command must be set/],
  ])('%s', async (_what, text, says) => {
    await writeFile(config(), text);
    expectRefusal(await repository.run(['run']), says, /correct \.locus\/config\.json/);
  });

  test('an agent program that is not there', async () => {
    await writeFile(config(), '{"tracker":"local","ai":{"provider":"claude"}}');
    const bin = await folder('bin');
    await writeFile(path.join(bin, 'git'), '#!/bin/sh\nPATH=/usr/bin:/bin exec git "$@"\n', { mode: 0o755 });
    const ended = await repository.run(['run'], { PATH: bin });
    expectRefusal(ended, /agent program claude was not found/, /install claude/);
    await rm(bin, { recursive: true });
  });

  test('a base branch that is neither here nor on the remote', async () => {
    const other = await makeLocalRepository(world, { config: { agent: { baseBranch: 'no/such' } } });
    await other.run(['issue', 'add', 'One']);
    expectRefusal(await other.run(['run', '1']), /base branch no\/such does not exist/, /agent\.baseBranch/);
    await expectUntouched(other);
  });
});

describe('An issue or a sprint that cannot be run is refused', () => {
  test('none of that number or name, in any spelling', async () => {
    expectRefusal(await repository.run(['run', '99']), /no issue #99/, /./);
    expectRefusal(
      await repository.run(['run', '--sprint', 'Nope']),
      /no sprint "Nope"; open are "Sprint 1"/,
      /--sprint <title>/,
    );
    expectRefusal(await repository.run(['sprint', 'active', 'Nope']), /no sprint "Nope"/, /./);
  });

  test('a sprint among several that nobody chose, and none at all', async () => {
    const many = await makeLocalRepository(world);
    expectRefusal(await many.run(['run']), /no open sprint/, /locus sprint add/);
    await many.run(['sprint', 'add', 'A']);
    await many.run(['sprint', 'add', 'B']);
    expectRefusal(await many.run(['run']), /2 open sprints: "A", "B"/, /--sprint <title>/);
    await expectUntouched(many);
  });

  test('a closed issue', async () => {
    const closed = await makeLocalRepository(world);
    await closed.run(['issue', 'add', 'One']);
    await closed.run(['issue', 'close', '1']);
    expectRefusal(await closed.run(['run', '1']), /issue #1 is closed/, /reopen it/);
    await expectUntouched(closed);
  });
});
