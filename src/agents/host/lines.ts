import { type FileHandle, open } from 'node:fs/promises';

export interface LineReader {
  /** Hands over the whole lines that were added since the last call. */
  readNew(onLine: (line: string) => void): Promise<void>;
  /** Hands over what stands after the last newline. */
  readRest(onLine: (line: string) => void): void;
  close(): Promise<void>;
}

/** Memory that one line may take, in bytes; the rest of a longer line is dropped. */
export const longestLine = 1024 * 1024;
const chunkBytes = 64 * 1024;

/** Reads a growing file by lines, from its start, in bounded memory. The file may not exist yet. */
export function readLines(file: string, signal?: AbortSignal): LineReader {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let handle: FileHandle | null = null;
  let offset = 0;
  // Bytes, not text: a character may be split between two chunks.
  let pending: Buffer[] = [];
  let pendingBytes = 0;

  function keep(part: Buffer): void {
    const room = longestLine - pendingBytes;
    if (room <= 0 || part.length === 0) return;
    const kept = Buffer.from(part.subarray(0, room));
    pending.push(kept);
    pendingBytes += kept.length;
  }

  function take(): string {
    const line = Buffer.concat(pending).toString('utf8');
    pending = [];
    pendingBytes = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  return {
    async readNew(onLine) {
      handle ??= await openIfThere(file);
      if (handle === null) return;
      for (;;) {
        signal?.throwIfAborted();
        const { bytesRead } = await handle.read(chunk, 0, chunkBytes, offset);
        if (bytesRead === 0) return;
        offset += bytesRead;
        let from = 0;
        for (let end = chunk.indexOf(10); end !== -1 && end < bytesRead; end = chunk.indexOf(10, from)) {
          keep(chunk.subarray(from, end));
          onLine(take());
          from = end + 1;
        }
        keep(chunk.subarray(from, bytesRead));
      }
    },
    readRest(onLine) {
      if (pendingBytes > 0) onLine(take());
    },
    async close() {
      await handle?.close();
    },
  };
}

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
