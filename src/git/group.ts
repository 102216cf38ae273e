export interface GroupLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Ends a git command with all its helpers, in time or when it is told to. git leaves its helpers for a remote alone
 * when it dies; they would go on, with our pipes in their hands.
 */
export function watchGroup(pid: number | undefined, options: GroupLimits) {
  let ending: 'timed out' | 'interrupted' | null = null;
  let last: NodeJS.Timeout | undefined;
  const end = (why: 'timed out' | 'interrupted') => {
    ending ??= why;
    killGroup(pid, 'SIGTERM');
    last = setTimeout(() => killGroup(pid, 'SIGKILL'), 1000);
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

export function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
