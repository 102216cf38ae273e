import { NotStarted } from './command.ts';
import { startDirectly, startForGoodDirectly } from './direct.ts';
import type { News, Order } from './launcher.ts';

/** The process that starts programs for a worker. It ends when the worker is gone, whatever that has ended by. */

/** Only of what runs longer is anybody told the pid: most commands have ended before one could want to end them. */
const lastingMs = 50;

process.on('message', (order: Order) => {
  carryOut(order).catch((error: unknown) => {
    const code = error instanceof NotStarted ? error.code : undefined;
    tell({ id: order.id, refusal: { message: error instanceof Error ? error.message : String(error), code } });
  });
});
process.once('disconnect', () => process.exit());
// A terminal's Ctrl+C, and the end of a session, are for the worker: it has steps to finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

async function carryOut({ id, command, forGood }: Order): Promise<void> {
  if (forGood) {
    await startForGoodDirectly(command);
    tell({ id, end: { exitCode: 0, stdout: new Uint8Array(), stderr: new Uint8Array(), cut: false } });
    return;
  }
  const { pid, ended } = startDirectly(command);
  const lasting = setTimeout(() => tell({ id, pid }), lastingMs);
  const end = await ended.finally(() => clearTimeout(lasting));
  tell({ id, end });
}

function tell(news: News): void {
  process.send?.(news, () => {});
}
