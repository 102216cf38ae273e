import { readdir, readFile, readlink } from 'node:fs/promises';
import { execa } from 'execa';

/** State of a listening socket in Linux's table of sockets. */
const listening = '0A';

/**
 * Whether this very process takes connections at a port of 127.0.0.1. That somebody answers there says little: of two
 * state directories that start at once, both may have found the same port free.
 */
export async function listensAt(pid: number, port: number): Promise<boolean> {
  return process.platform === 'linux' ? listensOnLinux(pid, port) : listensByLsof(pid, port);
}

async function listensOnLinux(pid: number, port: number): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const table = (await readFile(`/proc/${pid}/net/tcp`, 'utf8').catch(() => '')).split('\n').slice(1);
  const at = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  // Local address is the 2nd field, state the 4th, inode the 10th.
  const sockets = table
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(at) && fields[3] === listening)
    .map((fields) => `socket:[${fields[9]}]`);
  if (sockets.length === 0) return false;
  const opened = await readdir(folder).catch(() => []);
  const links = await Promise.all(opened.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return links.some((link) => sockets.includes(link));
}

async function listensByLsof(pid: number, port: number): Promise<boolean> {
  const query = ['-nP', '-a', '-p', String(pid), `-iTCP:${port}`, '-sTCP:LISTEN', '-t'];
  const { exitCode } = await execa('lsof', query, { reject: false, stdin: 'ignore' });
  return exitCode === 0;
}
