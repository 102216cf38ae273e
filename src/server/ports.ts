import { connect, createServer } from 'node:net';

/** The first of `wanted` that can be listened on at 127.0.0.1, else a free one that the system picks. Never one of `taken`. */
export async function choosePort(wanted: readonly number[], taken: readonly number[] = []): Promise<number> {
  for (const port of wanted) {
    if (!taken.includes(port) && (await tryListen(port)) !== null) return port;
  }
  const free = await tryListen(0);
  if (free === null) throw new Error('no port can be listened on at 127.0.0.1');
  return free;
}

/** Whether somebody takes connections there. */
export function answers(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

function tryListen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}
