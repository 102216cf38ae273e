import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from '../../src/domain/workspace.ts';
import { type Fixture, sh } from './support.ts';

/** A program that leaves a file behind when it is run. */
export function trap(fixture: Fixture): { program: string; ran: string } {
  const program = join(fixture.stateDir, '..', 'trap');
  const ran = `${program}.ran`;
  writeFileSync(program, `#!/bin/sh\ntouch '${ran}'\ncat 2>/dev/null\nexit 0\n`);
  chmodSync(program, 0o755);
  return { program, ran };
}

/** Replaces the workspace's `.git` by a whole git folder of the agent's. */
export function fakeGitFolder(workspace: Workspace): string {
  const fake = join(workspace.path, 'fake');
  sh(workspace.path, ['clone', '-q', '--bare', workspace.repository.commonDir, fake]);
  sh(workspace.path, ['config', '--file', join(fake, 'config'), 'core.bare', 'false']);
  writeFileSync(join(workspace.path, '.git'), `gitdir: ${fake}\n`);
  return fake;
}

export function quotedPath(path: string): string {
  return `'${path}'`;
}
