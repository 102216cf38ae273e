import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { until } from '../e2e/support/wait.ts';
import { read, root } from './pages.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'locus-deploy-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hasSystemd = existsSync('/usr/bin/systemd-analyze');

describe.each(readdirSync(path.join(root, 'examples/systemd')))('examples/systemd/%s', (unit) => {
  const text = read(`examples/systemd/${unit}`);

  test('leaves agents alone when it stops, and when one of them is ended', () => {
    expect(text).toMatch(/^KillMode=process$/m);
    expect(text).toMatch(/^OOMPolicy=continue$/m);
    expect(text).not.toMatch(/^(PrivateTmp|DynamicUser)=/m);
  });

  (hasSystemd ? test : test.skip)('is a unit that systemd takes', async () => {
    const { all } = await execa('systemd-analyze', ['verify', path.join(root, 'examples/systemd', unit)], {
      all: true,
      reject: false,
    });
    expect(all).toBe('');
  });
});

describe('examples/container/worker.sh', () => {
  /** A `locus` whose first life is short, and whose second one lasts until it is ended. */
  function locus(): void {
    const program = `#!/bin/sh
echo "start $*" >>"${folder}/log"
[ "$(wc -l <"${folder}/log")" -gt 1 ] || exit 1
trap 'sleep 0.3; echo end >>"${folder}/log"; exit 0' TERM
while :; do sleep 0.05; done
`;
    writeFileSync(path.join(folder, 'locus'), program, { mode: 0o755 });
  }
  function log(): string[] {
    const file = path.join(folder, 'log');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  test('starts a worker again that has ended, and at SIGTERM waits for it and starts no other', async () => {
    locus();
    const loop = execa(path.join(root, 'examples/container/worker.sh'), ['--deployment', 'x'], {
      env: { PATH: `${folder}:${process.env.PATH}` },
      reject: false,
      stdio: 'ignore',
    });
    await until('the worker is started again', () => log().length === 2);
    // The second one has to have set its trap.
    await new Promise((resolve) => setTimeout(resolve, 200));
    loop.kill('SIGTERM');
    await loop;
    expect(log()).toEqual(['start worker --deployment x', 'start worker --deployment x', 'end']);
  });
});
