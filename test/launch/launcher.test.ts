import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../e2e/support/wait.ts';
import { isRunning } from '../support/agents/attempt.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const loader = path.join(root, 'scripts', 'typescript.mjs');
const launcher = path.join(root, 'src', 'launch', 'launcher.ts');

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'locus-launch-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process like a worker, which starts its programs by way of a launcher or not. */
function worker(script: string, how = 'useLauncher();') {
  const text = `import { start, startForGood, useLauncher } from ${JSON.stringify(launcher)};
    const command = (...args) => ({ file: '/bin/sh', args: ['-c', ...args], cwd: ${JSON.stringify(folder)}, env: { PATH: process.env.PATH }, maxBytes: 1000 });
    const text = (bytes) => Buffer.from(bytes).toString();
    ${how}
    ${script}`;
  const file = path.join(folder, 'worker.mjs');
  writeFileSync(file, text);
  return ['--import', loader, file];
}

function told(script: string, how?: string): unknown {
  return JSON.parse(execFileSync(process.execPath, worker(script, how), { encoding: 'utf8' }));
}

describe.each(['', 'useLauncher();'])('programs, started by way of %p', (how) => {
  test('are told what they read, and tell what they write and how they end', () => {
    const script = `const { ended } = start({ ...command('cat; echo bad >&2; exit 3'), input: 'in' });
      const { exitCode, stdout, stderr, cut } = await ended;
      console.log(JSON.stringify([exitCode, text(stdout), text(stderr), cut]));`;
    expect(told(script, how)).toEqual([3, 'in', 'bad\n', false]);
  });

  test('are ended as a group, also at once', () => {
    const script = `const running = start(command('sleep 60 & sleep 60'));
      running.kill('SIGKILL');
      console.log(JSON.stringify((await running.ended).exitCode));`;
    expect(told(script, how)).toBe(137);
  });

  test('are cut where they write too much', () => {
    const script = `const { cut, stdout } = await start(command('while :; do echo 1234567; done')).ended;
      console.log(JSON.stringify([cut, stdout.length]));`;
    expect(told(script, how)).toEqual([true, 1000]);
  });

  test('that are not there are refused with the code of the system', () => {
    const script = `const refused = (work) => work.then(() => 'no', (error) => error.code);
      const missing = { ...command(''), file: '/no/such/program' };
      console.log(JSON.stringify([await refused(start(missing).ended), await refused(startForGood(missing))]));`;
    expect(told(script, how)).toEqual(['ENOENT', 'ENOENT']);
  });

  test('outlive who has started them for good', async () => {
    told(`await startForGood(command('sleep 0.5; echo on >outlived')); console.log('1'); process.exit();`, how);
    await until('it has gone on', () => read('outlived') === 'on\n');
  });
});

describe('the launcher', () => {
  const childOf = `import { readFileSync } from 'node:fs';
    const launcherPid = () => Number(readFileSync(\`/proc/\${process.pid}/task/\${process.pid}/children\`, 'utf8').trim());`;

  test('that is killed counts what it had started as killed, and the next command starts another one', () => {
    const script = `${childOf}
      const first = start(command('sleep 3'));
      await new Promise((resolve) => setTimeout(resolve, 500));
      process.kill(launcherPid(), 'SIGKILL');
      const { exitCode } = await first.ended;
      const next = await start(command('echo again')).ended;
      console.log(JSON.stringify([exitCode, text(next.stdout)]));
      process.exit();`;
    expect(told(script)).toEqual([137, 'again\n']);
  });

  test('ends with a worker that is killed, and does not end with a terminal that is told to', async () => {
    const script = `${childOf}
      await start(command('true')).ended;
      process.kill(launcherPid(), 'SIGINT');
      process.kill(launcherPid(), 'SIGTERM');
      await start(command('true')).ended;
      console.log(launcherPid());
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, worker(script), { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) => {
      child.stdout.once('data', (data) => resolve(Number(data)));
    });
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGKILL');
    await until('the launcher has ended', () => !isRunning(pid));
  });
});

function read(name: string): string {
  try {
    return readFileSync(path.join(folder, name), 'utf8');
  } catch {
    return '';
  }
}
