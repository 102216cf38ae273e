import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LocusFailure } from '../../domain/failures.ts';
import type { Provider } from '../../domain/settings.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Makes the persistent sandbox of a provider, which shows `root` at the same path. */
export async function createSandbox(name: string, provider: Provider, root: string, env: Variables): Promise<void> {
  // Docker's template for any other program.
  const template = provider === 'command' ? 'shell' : provider;
  await docker(['create', '--name', name, template, root], env);
}

export async function removeSandbox(name: string, env: Variables): Promise<void> {
  await docker(['rm', name], env);
}

/** Names of the sandboxes that Docker Desktop holds. */
export async function listSandboxes(env: Variables): Promise<string[]> {
  const output = await docker(['ls', '--quiet'], env);
  return output.split('\n').filter((line) => line.trim() !== '');
}

/** Whether Docker Desktop answers and holds this sandbox. */
export async function hasSandbox(name: string, env: Variables): Promise<boolean> {
  return listSandboxes(env).then(
    (names) => names.includes(name),
    () => false,
  );
}

async function docker(args: readonly string[], env: Variables): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('docker', ['sandbox', ...args], { env, timeout: 10 * 60_000 });
    return stdout;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    const reason =
      code === 'ENOENT' ? 'docker was not found' : stderr.trim().split('\n').at(-1) || 'no reason was given';
    throw new LocusFailure(
      'SandboxUnavailable',
      `docker sandbox ${args[0]} failed: ${reason}`,
      { remedy: 'install and start Docker Desktop 4.58 or later' },
      error,
    );
  }
}
