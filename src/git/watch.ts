import type { Running } from '../launch/command.ts';

export interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Ends a git command with all its helpers, in time or when it is told to. git leaves its helpers for a remote alone
 * when it dies; they would go on, with our pipes in their hands.
 */
export function watchRunning(running: Pick<Running, 'kill'>, options: Limits) {
  let ending: 'timed out' | 'interrupted' | null = null;
  let last: NodeJS.Timeout | undefined;
  const end = (why: 'timed out' | 'interrupted') => {
    ending ??= why;
    running.kill('SIGTERM');
    last = setTimeout(() => running.kill('SIGKILL'), 1000);
  };
  const onAbort = () => end('interrupted');
  const timer = setTimeout(() => end('timed out'), options.timeoutMs);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  return {
    ending: () => ending,
    stop: () => {
      clearTimeout(timer);
      clearTimeout(last);
      options.signal?.removeEventListener('abort', onAbort);
    },
  };
}
