import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { refusal } from './program.ts';

/** Until the first byte: a network that drops packets must not hold up the next way. */
const answerMs = 5_000;
const totalMs = 600_000;
const officialUrl = 'https://temporal.download/cli/archive';

export interface ObtainOptions {
  readonly target: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly downloadUrl?: string;
}

/** Fetches the official archive and puts its program at `target`; rejects with a reason for people. */
export async function downloadTemporal(options: ObtainOptions): Promise<void> {
  const url = archiveUrl(options.downloadUrl ?? officialUrl, options.version);
  const folder = await mkdtemp(path.join(path.dirname(options.target), 'download-'));
  try {
    const archive = path.join(folder, 'temporal.tar.gz');
    await fetchTo(url, archive, options.onProgress);
    await execa('tar', ['-xzf', archive, '-C', folder, 'temporal']);
    const program = path.join(folder, 'temporal');
    await chmod(program, 0o755);
    const reason = await refusal(program, options.env);
    if (reason !== null) throw new Error(`the archive's program does not work: ${reason}`);
    await rename(program, options.target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function archiveUrl(base: string, version: string): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return `${base}/v${version}?platform=${platform}&arch=${arch}`;
}

async function fetchTo(url: string, file: string, onProgress: (line: string) => void): Promise<void> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), answerMs);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([patience.signal, AbortSignal.timeout(totalMs)]) });
    clearTimeout(timer);
    if (!response.ok || !response.body) throw new Error(`${url} answers ${response.status}`);
    onProgress('downloading the Temporal server, about 100 MB, once');
    await pipeline(Readable.from(response.body), createWriteStream(file));
  } catch (error) {
    if (patience.signal.aborted)
      throw new Error(`${url} does not answer within ${answerMs / 1000} s`, { cause: error });
    const { cause, message } = error as Error;
    throw new Error(cause instanceof Error ? `${url}: ${cause.message}` : message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
