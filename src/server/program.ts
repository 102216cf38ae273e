import { access, constants } from 'node:fs/promises';
import { execa } from 'execa';

/** Flags that our start of the server needs; a program without them is passed over. */
const neededFlags = ['--db-filename', '--search-attribute', '--dynamic-config-value', '--sqlite-pragma'];

/** Why a file is no `temporal` program that serves us; null where it is one. */
export async function refusal(file: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  if (!(await isExecutable(file))) return `${file} is not there or not executable`;
  const options = { reject: false, timeout: 20_000, env, extendEnv: false, stdin: 'ignore' } as const;
  const [version, help] = await Promise.all([
    execa(file, ['--version'], options),
    execa(file, ['server', 'start-dev', '--help'], options),
  ]);
  if (version.exitCode !== 0) return `${file} --version fails`;
  const lacking = neededFlags.filter((flag) => !help.stdout.includes(flag));
  return lacking.length > 0 ? `${file} server start-dev knows no ${lacking.join(', ')}` : null;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
