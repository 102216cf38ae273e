import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Keeps a server running, in a process group of its own, and starts it again a second after it has died. Its pid is
 * always in `pidFile`; what it prints goes to `logFile`. `stop` sends `signal` and answers when it is gone; most have nothing to save.
 */
export function supervise({ program, args, cwd, logFile, pidFile, uid, gid, signal = 'SIGKILL' }) {
  let child = null;
  let stopping = false;
  let ended = Promise.resolve();
  let restart = null;

  function start() {
    const log = openSync(logFile, 'a');
    child = spawn(program, args, { cwd, uid, gid, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    if (pidFile !== undefined) writeFileSync(pidFile, String(child.pid));
    ended = new Promise((resolve) => {
      child.once('error', resolve).once('exit', resolve);
    });
    void ended.then(() => {
      if (!stopping) restart = setTimeout(start, 1000);
    });
  }

  start();
  return {
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      child.kill(signal);
      const forced = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(forced);
    },
  };
}

/** Waits until somebody listens there; fails after 30 s. */
export async function listening(host, port, what) {
  for (const end = Date.now() + 30_000; Date.now() < end; await delay(50)) {
    if (await connects(host, port)) return;
  }
  throw new Error(`${what} did not start within 30 s`);
}

function connects(host, port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
