import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { listening, supervise } from './supervise.mjs';

/** A throwaway PostgreSQL in `folder`, owned by the unprivileged user that it runs as: it refuses to be root. */
export async function startPostgres({ bin, folder, port }) {
  const user = userFor('postgres') ?? userFor('nobody');
  if (user === null) throw new Error('there is no user postgres or nobody to run PostgreSQL as');
  mkdirSync(folder, { recursive: true });
  chownSync(folder, user.uid, user.gid);
  const data = path.join(folder, 'data');
  const as = { cwd: folder, ...user, stdio: ['ignore', 'ignore', 'pipe'] };
  execFileSync(path.join(bin, 'initdb'), ['-D', data, '-U', 'temporal', '-A', 'trust', '-E', 'UTF8', '-N'], as);
  // Nothing here outlives the machine, so nothing has to reach its disk.
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const server = supervise({
    program: path.join(bin, 'postgres'),
    args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    cwd: folder,
    ...user,
    logFile: path.join(path.dirname(folder), 'postgres.log'),
    // Its "fast" shutdown: open connections are cut, not waited for.
    signal: 'SIGINT',
  });
  try {
    await listening('127.0.0.1', port, 'PostgreSQL');
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function userFor(name) {
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' })));
    return { uid, gid };
  } catch {
    return null;
  }
}
