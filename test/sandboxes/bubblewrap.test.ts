import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { command } from '../../src/agents/command/command.ts';
import { endAgent } from '../../src/agents/host/end.ts';
import { followAttempt } from '../../src/agents/host/follow.ts';
import { bubblewrap } from '../../src/sandboxes/os/bubblewrap.ts';
import type { Confinement } from '../../src/sandboxes/sandbox.ts';
import { attemptsFolder, isRunning, scripted, until } from '../support/agents/attempt.ts';
import { repositoryIn } from '../support/agents/repository.ts';

const skipped = process.env.LOCUS_SKIP_SANDBOX_TESTS === '1' || process.platform !== 'linux';

(skipped ? describe.skip : describe)('inside bubblewrap', () => {
  let root: string;
  let attemptDir: string;
  let repository: ReturnType<typeof repositoryIn>;

  beforeAll(() => {
    if (spawnSync('bwrap', ['--version']).status !== 0) {
      throw new Error(
        'bwrap is missing: install bubblewrap, or set LOCUS_SKIP_SANDBOX_TESTS=1 to go without these tests',
      );
    }
  });
  beforeEach(() => {
    // Not under /tmp, which is hidden as a whole and would make many of these tests pass by itself.
    const cache = path.join(homedir(), '.cache');
    mkdirSync(cache, { recursive: true });
    root = realpathSync(mkdtempSync(path.join(cache, 'locus-bwrap-')));
    attemptDir = path.join(root, 'state', 'attempts', 'a1');
    repository = repositoryIn(root, attemptDir);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  async function inside(script: string, changes: Partial<Confinement> = {}) {
    const confinement = { ...repository.confinement, ...changes };
    const env = { PATH: process.env.PATH ?? '', HOME: confinement.home };
    const wrapped = await bubblewrap.wrap(['sh', '-c', script], confinement, env);
    const [program = '', ...args] = wrapped.argv;
    const { status, stdout, stderr } = spawnSync(program, args, { env: { ...env, ...wrapped.env }, encoding: 'utf8' });
    return { status, stdout, stderr };
  }
  const allowed = async (script: string, changes?: Partial<Confinement>) => {
    const { status, stderr } = await inside(script, changes);
    return status === 0 ? 'done' : stderr;
  };

  test('the workspace is writable', async () => {
    expect(await allowed('echo x > a.txt && pwd')).toBe('done');
    expect(readFileSync(path.join(repository.workspace, 'a.txt'), 'utf8')).toBe('x\n');
  });

  test('a commit works without any git variable, and its objects are the only ones in their own folder', async () => {
    expect(
      await allowed('echo x > a.txt && git add . && git commit -q -m work && git status --short && git fsck'),
    ).toBe('done');
    const commit = repository.git(repository.workspace, 'rev-parse', 'HEAD');
    expect(() => repository.git(repository.base, 'cat-file', '-e', commit)).toThrow();
    const env = {
      ...process.env,
      GIT_OBJECT_DIRECTORY: repository.confinement.objectsDir ?? '',
      GIT_ALTERNATE_OBJECT_DIRECTORIES: `${repository.confinement.commonDir}/objects`,
    };
    const shown = execFileSync('git', ['log', '--format=%an %s', commit], {
      cwd: repository.base,
      env,
      encoding: 'utf8',
    });
    expect(shown).toBe('Ann work\na first\n');
  });

  test('commits work on a repository that borrows its objects by a relative path', async () => {
    const lender = path.join(root, 'lender');
    execFileSync('git', ['clone', '-q', '--bare', repository.base, lender]);
    rmSync(path.join(repository.commonDir, 'objects'), { recursive: true });
    mkdirSync(path.join(repository.commonDir, 'objects', 'info'), { recursive: true });
    writeFileSync(path.join(repository.commonDir, 'objects', 'info', 'alternates'), '../../../lender/objects\n');
    expect(await allowed('echo x > a.txt && git add . && git commit -q -m work && git log --stat')).toBe('done');
  });

  test("a repository of the agent's own is an ordinary one", async () => {
    expect(
      await allowed(
        'cd /tmp && git init -q x && cd x && echo 1 > f && git add f && git commit -q -m m && git branch b',
      ),
    ).toBe('done');
  });

  const refusals: readonly (readonly [string, (at: ReturnType<typeof repositoryIn>) => string])[] = [
    ["the person's key cannot be read", (at) => `cat ${at.home}/.ssh/id`],
    ["the person's passwords cannot be read", (at) => `cat ${at.home}/.netrc`],
    ["the person's settings cannot be changed", (at) => `echo x >> ${at.home}/.gitconfig`],
    ['the state of Locus cannot be read', (at) => `cat ${path.dirname(at.confinement.attemptDir)}/secret`],
    ['the attempt cannot be changed', (at) => `echo x > ${at.confinement.attemptDir}/exit.json && sync && exit 3`],
    ['the checkout cannot be written', (at) => `echo x >> ${at.base}/readme.md`],
    ['another worktree cannot be written', (at) => `echo x > ${at.other}/a.txt`],
    ['the link to the git folder cannot be replaced', () => 'rm -f .git || mv .git old'],
    ['the link to the git folder cannot be written', () => 'echo "gitdir: /tmp/evil" > .git'],
    ['the workspace cannot be moved away', (at) => `mv ${at.workspace} ${at.workspace}-old`],
    ['a hook cannot be planted', (at) => `echo x > ${at.commonDir}/hooks/post-checkout`],
    ['the git config cannot be changed', () => 'git config core.fsmonitor evil'],
    ['the git config cannot be written', (at) => `echo x >> ${at.commonDir}/config`],
    ['branches cannot be made', () => 'git branch evil'],
    ['branches cannot be moved', () => 'git update-ref refs/heads/main HEAD~0 && git branch -f main HEAD && exit 1'],
    ['the common folder cannot be redirected', (at) => `echo /tmp > ${at.confinement.adminDir}/commondir`],
    ['the way back to the worktree cannot be redirected', (at) => `rm ${at.confinement.adminDir}/gitdir`],
    ["another worktree's HEAD cannot be written", (at) => `echo x > ${at.commonDir}/worktrees/issue-2/HEAD`],
    [
      'existing objects cannot be removed',
      (at) =>
        `rm -rf ${at.commonDir}/objects/* ${at.confinement.attemptDir}/base-objects/*; git cat-file -e HEAD && exit 1`,
    ],
    ['the list of alternates cannot be changed', (at) => `echo / > ${at.commonDir}/objects/info/alternates`],
    ['sockets in /run are not there', () => 'test -n "$(ls /run | grep -v systemd)"'],
    ['processes outside are not seen', () => 'test "$(ls /proc | grep -c "^[0-9]")" -gt 6'],
    ['the system cannot be written', () => 'touch /usr/x || touch /etc/x'],
    ['no file system can be mounted', () => 'mount -t tmpfs none /mnt'],
  ];
  test.each(refusals)('%s', async (_words, script) => {
    writeFileSync(path.join(path.dirname(attemptDir), 'secret'), 'of Locus');
    const config = readFileSync(path.join(repository.commonDir, 'config'), 'utf8');
    expect(await allowed(script(repository))).not.toBe('done');
    expect(readFileSync(path.join(repository.commonDir, 'config'), 'utf8')).toBe(config);
    expect(repository.git(repository.base, 'status', '--short')).toBe('?? .locus/');
    expect(repository.git(repository.workspace, 'rev-parse', 'HEAD')).toBe(
      repository.git(repository.base, 'rev-parse', 'main'),
    );
    expect(existsSync(path.join(attemptDir, 'exit.json'))).toBe(false);
  });

  test("the keeper's socket cannot be reached", async () => {
    const socket = path.join(root, 'state', 'keeper.sock');
    const server = createServer((client) => client.end('secret'));
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const script = `${process.execPath} -e "require('net').connect('${socket}').on('data', () => process.exit(0)).on('error', () => process.exit(1))"`;
    expect((await inside(script, { hidden: [path.join(root, 'state')] })).status).toBe(1);
    server.close();
  });

  test('a read-only workspace cannot be written, and git can be read', async () => {
    expect(await allowed('echo x > a.txt', { readOnly: true })).not.toBe('done');
    expect(await allowed('git status && git log', { readOnly: true })).toBe('done');
  });

  test('in root mode the files are writable and the git folder is not', async () => {
    const rootMode = { workspace: repository.base, adminDir: null, objectsDir: null };
    expect(await allowed('echo x > a.txt && git log && git status', rootMode)).toBe('done');
    expect(await allowed('echo x > .git/hooks/pre-push', rootMode)).not.toBe('done');
    expect(await allowed('rm -rf .git; test -e .git/HEAD && exit 1', rootMode)).not.toBe('done');
  });

  test("a worktree's own config is not the agent's to make where git would obey it", async () => {
    repository.git(repository.base, 'config', 'extensions.worktreeConfig', 'true');
    expect(await allowed('git config --worktree core.fsmonitor evil')).not.toBe('done');
    expect(await allowed('echo x > a.txt && git add . && git commit -q -m work')).toBe('done');
  });

  test("the agent's own folders are writable, its settings readable", async () => {
    const at = (name: string) => path.join(repository.home, '.agent', name);
    for (const name of ['sessions', 'other']) mkdirSync(at(name), { recursive: true });
    writeFileSync(at('settings.json'), '{}');
    const changes = { agentFolders: [at('sessions'), at('missing')], agentReadable: [at('settings.json')] };
    expect(
      await allowed(`cat ${at('settings.json')} && echo x > ${at('sessions/1')} && echo y > ${at('new')}`, changes),
    ).toBe('done');
    expect(await allowed(`echo x > ${at('settings.json')}`, changes)).not.toBe('done');
    expect([existsSync(at('sessions/1')), existsSync(at('new'))]).toEqual([true, false]);
  });

  test('a worktree of a mirror inside the hidden state works, and nothing else of the state is seen', async () => {
    const state = path.join(root, 'state');
    const mirror = path.join(state, 'mirrors', 'repo.git');
    const workspace = path.join(state, 'worktrees', 'issue-1');
    repository.git(root, 'clone', '-q', '--mirror', repository.base, mirror);
    repository.git(mirror, 'worktree', 'add', '-q', '--detach', workspace, 'main');
    writeFileSync(path.join(state, 'keeper.json'), 'secret');
    const adminDir = path.join(mirror, 'worktrees', 'issue-1');
    const changes = { workspace, commonDir: mirror, adminDir, hidden: [state] };
    expect(await allowed('echo x > a.txt && git add . && git commit -q -m work && git log', changes)).toBe('done');
    expect(await allowed(`cat ${state}/keeper.json`, changes)).not.toBe('done');
    expect(await allowed(`echo x >> ${mirror}/config`, changes)).not.toBe('done');
  });

  test('a repository in the home folder is shown without the rest of the home', async () => {
    const home = { home: root };
    writeFileSync(path.join(root, '.gitconfig'), '[user]\n\tname = Ann\n\temail = ann@example.com\n');
    expect(await allowed('echo x > a.txt && git add . && git commit -q -m work && cat ../../../readme.md', home)).toBe(
      'done',
    );
    expect(await allowed(`cat ${repository.home}/.netrc`, home)).not.toBe('done');
  });
});

(skipped ? describe.skip : describe)('an agent in bubblewrap', () => {
  // A checkout of ours may lie in /tmp, which is hidden.
  const agentReadable = [path.dirname(scripted)];
  let folder: Awaited<ReturnType<typeof attemptsFolder>>;
  beforeAll(async () => {
    folder = await attemptsFolder();
  });
  afterAll(() => folder.dispose());

  test('gets signals, and nothing of it is left, also not what left its session', async () => {
    const dir = path.join(folder.attempts, 'confined');
    const { confinement, workspace, home } = repositoryIn(folder.root, dir);
    const file = path.join(workspace, 'escapee');
    const confined = { sandbox: bubblewrap, confinement: { ...confinement, agentReadable } };
    await folder.start(['say hi', `escape ${file}`, 'hang'], { dir, cwd: workspace, confined, env: { HOME: home } });
    await until('the escapee writes', () => existsSync(file));
    const end = followAttempt(dir, { agent: command });
    await endAgent(dir);
    expect(await end).toMatchObject({ outcome: 'ended', answer: 'hi' });
    const before = readFileSync(file, 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(isRunning(Number(readFileSync(path.join(dir, 'agent'), 'utf8')))).toBe(false);
  });

  test('ends with its host', async () => {
    const dir = path.join(folder.attempts, 'hostless');
    const { confinement, workspace, home } = repositoryIn(path.join(folder.root, 'second'), dir);
    const file = path.join(workspace, 'escapee');
    const confined = { sandbox: bubblewrap, confinement: { ...confinement, agentReadable } };
    await folder.start([`escape ${file}`, 'hang'], { dir, cwd: workspace, confined, env: { HOME: home } });
    await until('the escapee writes', () => existsSync(file));
    process.kill(JSON.parse(readFileSync(path.join(dir, 'started'), 'utf8')).pid, 'SIGKILL');
    await until('the sandbox is gone', () => !isRunning(Number(readFileSync(path.join(dir, 'agent'), 'utf8'))));
    expect(await followAttempt(dir, { agent: command })).toMatchObject({ outcome: 'killed' });
  });
});
