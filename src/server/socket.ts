import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { LocusFailure } from '../domain/failures.ts';

/** A socket's address holds 104 bytes on macOS and 108 on Linux. */
const longestPath = 100;
const longestMessage = 1_048_576;
const answerMs = 5_000;

/** Where the keeper of a state directory listens: inside it, or in a short folder of the user's where the path is too long. */
export async function socketPath(stateDir: string): Promise<string> {
  const usual = path.join(stateDir, 'keeper.sock');
  if (Buffer.byteLength(usual) <= longestPath) return usual;
  const name = `${createHash('sha256').update(stateDir).digest('hex').slice(0, 16)}.sock`;
  const folders = [tmpdir(), '/tmp'].map((folder) => path.join(folder, `locus-${userInfo().uid}`));
  const folder =
    folders.find((each) => Buffer.byteLength(path.join(each, name)) <= longestPath) ?? folders[1] ?? '/tmp';
  await makeOwn(folder);
  return path.join(folder, name);
}

/** Answers each connection's one line of JSON with one line of JSON. Only the user may connect. */
export async function listen(file: string, answer: (request: unknown) => Promise<object>): Promise<Server> {
  await rm(file, { force: true });
  const server = createServer((socket) => {
    socket.setTimeout(answerMs, () => socket.destroy());
    readLine(socket)
      .then((line) => answer(JSON.parse(line)))
      // What was sent may be a secret: the reason names nothing of it.
      .catch((): object => ({ ok: false, error: 'the request was not understood' }))
      .then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(file, resolve);
  });
  await chmod(file, 0o600);
  return server;
}

/** Sends one request to the keeper and resolves with its answer. */
export async function ask(file: string, request: object): Promise<unknown> {
  const socket = connect(file);
  try {
    socket.setTimeout(answerMs, () => socket.destroy(new Error('no answer')));
    socket.write(`${JSON.stringify(request)}\n`);
    return JSON.parse(await readLine(socket));
  } catch (error) {
    throw new LocusFailure('ServerUnavailable', `the keeper does not answer at ${file}`, {}, error);
  } finally {
    socket.destroy();
  }
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > longestMessage) socket.destroy(new Error('the message is too long'));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection ended')));
  });
}

/** Others may write to the folder above: a folder that they made first, or a link, is not used. */
async function makeOwn(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const { uid } = userInfo();
  const found = await lstat(folder);
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid) || (found.mode & 0o077) !== 0) {
    throw new LocusFailure('ServerUnavailable', `${folder} is not a private folder of yours`, {
      remedy: 'remove it, or choose a shorter LOCUS_STATE_DIR',
    });
  }
}
