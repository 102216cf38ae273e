import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { endAgent } from '../../src/agents/host/end.ts';
import { dockerSandbox } from '../../src/sandboxes/docker/docker.ts';
import type { Confinement } from '../../src/sandboxes/sandbox.ts';
import { attemptsFolder, isRunning, until } from '../support/agents/attempt.ts';

let folder: Awaited<ReturnType<typeof attemptsFolder>>;
beforeEach(async () => {
  folder = await attemptsFolder();
});
afterEach(() => folder.dispose());

/** A `docker` that runs the command as a process which signals to its client do not reach, as in a virtual machine. */
function standIn(): void {
  const file = path.join(folder.root, 'docker');
  const script = `#!/bin/sh
printf '%s\\n' "$*" >>${folder.root}/docker.log
[ "$3" = machine ] && { shift 3; exec "$@"; }
while [ "$1" != machine ]; do shift; done
shift
env -u LOCUS_ATTEMPT INSIDE="$LOCUS_ATTEMPT" setsid "$@" &
wait`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}

test('ending an agent runs the command that ends it inside its sandbox', async () => {
  standIn();
  const confined = {
    sandbox: dockerSandbox('machine'),
    confinement: { workspace: folder.workspace } as Confinement,
  };
  const pidFile = path.join(folder.workspace, 'pid');
  const argv = ['sh', '-c', `echo $$ >${pidFile}; exec sleep 60`];
  const { dir } = await folder.start([], { argv, confined, env: { PATH: `${folder.root}:${process.env.PATH}` } });
  await until('the agent runs', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await endAgent(dir);
  expect(readFileSync(path.join(folder.root, 'docker.log'), 'utf8')).toContain(`sandbox exec machine sh -c`);
  expect(isRunning(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
});
