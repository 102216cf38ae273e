import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Workspace } from '../../src/domain/workspace.ts';
import { cleanWorkspace } from '../../src/git/clean.ts';
import { collectWork } from '../../src/git/collect.ts';
import { pushCommit } from '../../src/git/push.ts';
import { keepUnfinished } from '../../src/git/unfinished.ts';
import { fakeGitFolder, quotedPath, trap } from './planted.ts';
import {
  commit,
  type Fixture,
  failureOf,
  makeFixture,
  open,
  privateObjects,
  removeFolders,
  sh,
  write,
} from './support.ts';

afterAll(removeFolders);

const message = 'feat: a thing (#1)\n';

/** Every way in which a planted program could be started; each leaves a file behind when it is. */
const plants: Record<string, (workspace: Workspace, program: string, fixture: Fixture) => void> = {
  'a hook in the git folder that `.git` was made to name': (workspace, program) => {
    const fake = fakeGitFolder(workspace);
    mkdirSync(join(fake, 'hooks'), { recursive: true });
    for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction', 'pre-push', 'pre-commit']) {
      writeFileSync(join(fake, 'hooks', hook), readFileSync(program), { mode: 0o755 });
    }
  },
  'an fsmonitor in it': (workspace, program) => {
    sh(workspace.path, [
      'config',
      '--file',
      join(fakeGitFolder(workspace), 'config'),
      'core.fsmonitor',
      quotedPath(program),
    ]);
  },
  'a filter in it that an attribute names': (workspace, program) => {
    const config = join(fakeGitFolder(workspace), 'config');
    sh(workspace.path, ['config', '--file', config, 'filter.evil.clean', quotedPath(program)]);
    sh(workspace.path, ['config', '--file', config, 'filter.evil.smudge', quotedPath(program)]);
    write(workspace.path, { '.gitattributes': '* filter=evil\n' });
  },
  'an fsmonitor in a planted repository': (workspace, program) => {
    sh(workspace.path, ['init', '-q', 'nested']);
    const nested = join(workspace.path, 'nested');
    commit(nested, { 'n.txt': 'n' });
    sh(nested, ['config', 'core.fsmonitor', quotedPath(program)]);
  },
  'an fsmonitor in the worktree configuration': (workspace, program) => {
    sh(workspace.path, [
      'config',
      '--file',
      join(workspace.adminDir!, 'config.worktree'),
      'core.fsmonitor',
      quotedPath(program),
    ]);
  },
  'another common folder': (workspace, program) => {
    writeFileSync(join(workspace.adminDir!, 'commondir'), fakeGitFolder(workspace));
    sh(workspace.path, [
      'config',
      '--file',
      join(workspace.path, 'fake/config'),
      'core.fsmonitor',
      quotedPath(program),
    ]);
  },
  'a hook and an fsmonitor in the repository itself': (workspace, program) => {
    const { commonDir } = workspace.repository;
    mkdirSync(join(commonDir, 'hooks'), { recursive: true });
    for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction', 'pre-push']) {
      writeFileSync(join(commonDir, 'hooks', hook), readFileSync(program), { mode: 0o755 });
    }
    sh(workspace.path, ['config', '--file', join(commonDir, 'config'), 'core.fsmonitor', quotedPath(program)]);
  },
};

describe('nothing that an agent planted is run', () => {
  test.each(Object.keys(plants))('%s', async (name) => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    const { program, ran } = trap(fixture);
    write(workspace.path, { 'a.txt': 'changed\n' });
    plants[name]!(workspace, program, fixture);
    await failureOf(
      collectWork(workspace, { start: tip, objectsDir: null, message }).then((work) =>
        pushCommit({
          repository: fixture.repository,
          remote: 'origin',
          branch: workspace.branch,
          commit: work.commit,
          defaultBranch: 'main',
          protectedBranches: [],
        }),
      ),
    );
    await failureOf(keepUnfinished(workspace, { start: tip, objectsDir: null, ref: 'refs/locus/wip/1' }));
    await failureOf(cleanWorkspace(workspace, tip));
    expect(existsSync(ran)).toBe(false);
    expect(readFileSync(join(workspace.path, '.git'), 'utf8')).toBe(`gitdir: ${workspace.adminDir}\n`);
  });

  test.each(Object.keys(plants).filter((name) => !/worktree configuration|planted repository/.test(name)))(
    'the trap is a real one: plain git falls for %s',
    async (name) => {
      const fixture = await makeFixture();
      const { workspace } = await open(fixture);
      const { program, ran } = trap(fixture);
      write(workspace.path, { 'a.txt': 'changed\n' });
      plants[name]!(workspace, program, fixture);
      try {
        sh(workspace.path, ['add', 'a.txt']);
        sh(workspace.path, ['checkout', '-q', '-f', 'HEAD']);
      } catch {}
      expect(existsSync(ran)).toBe(true);
    },
  );
});

describe('a HEAD that an agent made is refused', () => {
  const heads: Record<string, (file: string, fixture: Fixture) => void> = {
    'a link to a secret': (file, fixture) => {
      writeFileSync(join(fixture.stateDir, '..', 'secret'), `${'a'.repeat(40)}\n`);
      rmSync(file);
      symlinkSync(join(fixture.stateDir, '..', 'secret'), file);
    },
    'a protected branch': (file) => writeFileSync(file, 'ref: refs/heads/main\n'),
    'a ref outside the branches': (file) => writeFileSync(file, 'ref: refs/remotes/origin/main\n'),
    'a path': (file) => writeFileSync(file, 'ref: refs/heads/../../../secret\n'),
    'a very large file': (file) => writeFileSync(file, 'x'.repeat(10_000)),
    'a commit that is nowhere': (file) => writeFileSync(file, `${'1'.repeat(40)}\n`),
    'a folder': (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  };
  test.each(Object.keys(heads))('%s', async (name) => {
    const fixture = await makeFixture();
    const { workspace, tip } = await open(fixture);
    heads[name]!(join(workspace.adminDir!, 'HEAD'), fixture);
    const failure = await failureOf(
      collectWork(workspace, { start: tip, objectsDir: null, message, defaultBranch: 'main' }),
    );
    expect(failure.type).toBe('WorkspaceBroken');
    await cleanWorkspace(workspace, tip);
    expect(sh(workspace.path, ['status', '--porcelain'])).toBe('');
    expect(sh(fixture.root, ['rev-parse', 'main', 'locus/issue-1'])).toBe(`${tip}\n${tip}`);
  });
});

test('an agent that switched to a branch of its own keeps its commits, on our branch', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  sh(workspace.path, ['switch', '-q', '-c', 'my-idea']);
  const own = commit(workspace.path, { 'idea.txt': 'x\n' });
  const work = await collectWork(workspace, { start: tip, objectsDir: null, message, defaultBranch: 'main' });
  expect(work.commit).toBe(own);
  expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(own);
});

test('an agent that rewrote earlier commits is refused', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  sh(workspace.path, ['checkout', '-q', '--orphan', 'fresh']);
  commit(workspace.path, { 'a.txt': 'all new\n' });
  const failure = await failureOf(collectWork(workspace, { start: tip, objectsDir: null, message }));
  expect(failure).toMatchObject({ type: 'WorkspaceBroken', message: expect.stringContaining('rewrote') });
});

test('a planted repository is named, and nothing is committed', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  sh(workspace.path, ['init', '-q', 'nested']);
  commit(join(workspace.path, 'nested'), { 'n.txt': 'n' });
  const failure = await failureOf(collectWork(workspace, { start: tip, objectsDir: null, message }));
  expect(failure).toMatchObject({ type: 'WorkspaceBroken', message: expect.stringContaining('nested') });
  expect(sh(fixture.root, ['rev-parse', 'locus/issue-1'])).toBe(tip);
});

test('a tracked file that became a repository is not added as a submodule', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  rmSync(join(workspace.path, 'a.txt'));
  sh(workspace.path, ['init', '-q', 'a.txt']);
  commit(join(workspace.path, 'a.txt'), { 'n.txt': 'n' });
  const failure = await failureOf(collectWork(workspace, { start: tip, objectsDir: null, message }));
  expect(failure).toMatchObject({ type: 'WorkspaceBroken', message: expect.stringContaining('a.txt') });
});

test('a link to a folder outside is committed as a link', async () => {
  const fixture = await makeFixture();
  const { workspace, tip } = await open(fixture);
  symlinkSync(fixture.stateDir, join(workspace.path, 'out'));
  const { commit: made } = await collectWork(workspace, { start: tip, objectsDir: null, message });
  expect(sh(fixture.root, ['ls-tree', made, 'out'])).toMatch(/^120000 /);
});

test('objects of another repository cannot be drawn in', async () => {
  const fixture = await makeFixture();
  const other = await makeFixture();
  const secret = commit(other.root, { 'secret.txt': 'secret\n' });
  const { workspace, tip } = await open(fixture);
  const { objectsDir } = privateObjects(workspace);
  write(objectsDir, { 'info/alternates': `${join(other.root, '.git/objects')}\n` });
  writeFileSync(join(workspace.adminDir!, 'HEAD'), `${secret}\n`);
  const failure = await failureOf(collectWork(workspace, { start: tip, objectsDir, message }));
  expect(failure).toMatchObject({ type: 'WorkspaceBroken', message: expect.stringContaining('alternates') });
});
