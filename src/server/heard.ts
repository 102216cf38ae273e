import type { Connection } from '@temporalio/client';

const askEveryMs = 15_000;
const patienceMs = 60_000;

/** Keeps asking the server for a sign of life. */
export function listen(connection: Connection): { lately(): boolean; stop(): void } {
  // A clock that stands still while the machine is suspended: then nothing could be heard.
  let heardAt = performance.now();
  const ask = async () => {
    await connection.withDeadline(Date.now() + askEveryMs, () => connection.workflowService.getSystemInfo({}));
    heardAt = performance.now();
  };
  const timer = setInterval(() => void ask().catch(() => {}), askEveryMs);
  return { lately: () => performance.now() - heardAt < patienceMs, stop: () => clearInterval(timer) };
}
