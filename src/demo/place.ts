import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endAllAgents } from '../agents/host/end.ts';
import { ensureKeeper, stopKeeper } from '../server/keeper.ts';
import type { KeeperInfo } from '../server/keeper-file.ts';

/** The demo's throwaway folder, and everything that runs for it. */
export interface Place {
  readonly folder: string;
  readonly repository: string;
  /** The bare repository that the work is pushed to. */
  readonly remote: string;
  readonly stateDir: string;
  readonly attemptsDir: string;
  /** Starts the demo's own Temporal server and worker. */
  startServer(): Promise<KeeperInfo>;
  /** Ends every process of the demo and removes its folder. */
  close(): Promise<void>;
}

/** `binary`: the `temporal` program, the only thing that is shared with the user. */
export async function openPlace({ binary }: { readonly binary: string }): Promise<Place> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'locus-demo-')));
  const stateDir = path.join(folder, 'state');
  const attemptsDir = path.join(stateDir, 'attempts');
  await mkdir(stateDir, { mode: 0o700 });
  await writeFile(path.join(folder, 'gitconfig'), gitConfig);
  isolate(process.env, { folder, stateDir, binary });
  let starting: Promise<KeeperInfo> | null = null;
  return {
    folder,
    repository: path.join(folder, 'repository'),
    remote: path.join(folder, 'remote.git'),
    stateDir,
    attemptsDir,
    async startServer() {
      starting = ensureKeeper({ stateDir, onProgress: (line) => console.log(line) });
      return starting;
    },
    async close() {
      // A keeper that is only just starting could not be found.
      await starting?.catch(() => {});
      await stopKeeper(stateDir);
      await endAllAgents(attemptsDir);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const gitConfig = `[user]
	name = Locus demo
	email = demo@locus.invalid
[init]
	defaultBranch = main
`;

/** For this process and all that it starts: no settings and no state of the user's, neither for git nor for Temporal. */
function isolate(
  env: NodeJS.ProcessEnv,
  { folder, stateDir, binary }: { readonly folder: string; readonly stateDir: string; readonly binary: string },
): void {
  for (const name of Object.keys(env)) {
    if (name.startsWith('TEMPORAL_')) delete env[name];
  }
  env.TEMPORAL_CONFIG_FILE = path.join(folder, 'no-temporal.toml');
  // The keeper hands no TEMPORAL_ variable on, so its worker would find the profile of the user.
  env.XDG_CONFIG_HOME = path.join(folder, 'no-config');
  // Hooks, signed pushes and keys that ask for a passphrase are none of the demo's.
  env.GIT_CONFIG_GLOBAL = path.join(folder, 'gitconfig');
  env.GIT_CONFIG_NOSYSTEM = '1';
  env.LOCUS_TEMPORAL_BINARY = binary;
  env.LOCUS_STATE_DIR = stateDir;
}
