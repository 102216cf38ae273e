import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Scene } from './scene.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Calls a copy of what was built here that says it is version 999.0.0. */
export async function newerLocus({ world, repository, env }: Scene, ...args: readonly string[]): Promise<void> {
  const folder = path.join(world.folder, 'newer');
  await mkdir(folder);
  await cp(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  await writeFile(path.join(folder, 'package.json'), '{ "name": "locus", "version": "999.0.0", "type": "module" }\n');
  await promisify(execFile)(process.execPath, [path.join(folder, 'dist/bin/cli.js'), ...args], {
    cwd: repository.root,
    env: { ...world.env, ...repository.env, ...env } as NodeJS.ProcessEnv,
  });
}
