import { watch } from 'node:fs';
import { attemptFiles } from './files.ts';

/** Wakes by changes of the folder; by a poll where the system has no watches left. */
export function wakeUp(dir: string, signal: AbortSignal | undefined) {
  let changed = false;
  let resume: (() => void) | null = null;
  const notify = () => {
    changed = true;
    resume?.();
  };
  const watcher = tryWatch(dir, notify);
  signal?.addEventListener('abort', notify, { once: true });
  return {
    async next(): Promise<void> {
      if (!changed) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pollMs);
          resume = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      resume = null;
      changed = false;
    },
    close(): void {
      watcher?.close();
      signal?.removeEventListener('abort', notify);
    },
  };
}

const pollMs = 1000;

function tryWatch(dir: string, notify: () => void) {
  try {
    return watch(dir, (_event, name) => {
      if (name !== attemptFiles.lease) notify();
    }).on('error', () => {});
  } catch {
    return null;
  }
}
