import { mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { findProgram } from '../disk/program.ts';
import type { ObtainOptions } from './binary-download.ts';
import { refusal } from './program.ts';

/** What the module's go.mod asks for. */
const neededGo = [1, 25] as const;
const goModule = 'github.com/temporalio/cli/cmd/temporal';
const buildMs = 30 * 60_000;

/** Builds the program from its public Go module and puts it at `target`; rejects with a reason for people. */
export async function buildTemporal({ target, version, env, onProgress }: ObtainOptions): Promise<void> {
  const go = findProgram('go', env.PATH);
  if (go === null) throw new Error('no `go` on the PATH');
  await requireGo(go, env);
  const folder = await mkdtemp(path.join(path.dirname(target), 'build-'));
  try {
    onProgress('building the Temporal server with Go, about 3 minutes, once');
    const result = await execa(go, ['install', `${goModule}@v${version}`], {
      cwd: folder,
      env: { ...env, GOBIN: folder, GOFLAGS: '-mod=mod' },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: buildMs,
    });
    if (result.failed) throw new Error(lastLine(result.stderr) || result.shortMessage || 'go install failed');
    const program = path.join(folder, 'temporal');
    const reason = await refusal(program, env);
    if (reason !== null) throw new Error(`what Go built does not work: ${reason}`);
    await rename(program, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function requireGo(go: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { stdout } = await execa(go, ['env', 'GOVERSION'], { env, extendEnv: false, reject: false, timeout: 20_000 });
  const found = /^go(\d+)\.(\d+)/.exec(stdout.trim());
  const [major, minor] = [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)];
  if (major > neededGo[0] || (major === neededGo[0] && minor >= neededGo[1])) return;
  throw new Error(`Go ${neededGo.join('.')} or later is needed, ${stdout.trim() || 'an unknown version'} is there`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
