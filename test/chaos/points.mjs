// Named points of the worker, armed by CHAOS_POINTS alone: `node --import` loads this file before Locus, which knows
// nothing of it. It stands before and after each request to the tracker, each git command that writes, each start of an
// agent's host, and between an activity's work and its answer to Temporal. A point that is reached is noted; the one
// that is armed kills the worker, or waits until whoever armed it has killed something else.
import childProcess from 'node:child_process';
import fs, { appendFileSync, closeSync, existsSync, openSync, promises, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

const folder = process.env.CHAOS_POINTS;
const inFolder = (name) => path.join(folder, name);
const gitWrites = ['commit', 'commit-tree', 'push', 'update-ref', 'worktree'];

const program = path.basename(process.argv[1] ?? '');
// git and hosts are started by the worker's launcher: what goes on there is the worker's doing.
const worker = program === 'worker.js' ? process.pid : process.ppid;

if (folder && isMainThread && program === 'worker.js') {
  watchRequests();
  watchFiles();
  syncBuiltinESMExports();
  await watchActivities();
}
if (folder && isMainThread && program === 'launcher-main.js') {
  watchProcesses();
  syncBuiltinESMExports();
}

/** Notes that the worker is at `name`, and strikes where that is wanted. Synchronous: nothing else happens meanwhile. */
function reach(name) {
  appendFileSync(inFolder('seen'), `${Date.now()} ${worker} ${name}\n`);
  const [point, occurrence, act] = existsSync(inFolder('armed'))
    ? readFileSync(inFolder('armed'), 'utf8').split(' ')
    : [];
  if (point !== name || timesSeen(name) < Number(occurrence)) return;
  try {
    closeSync(openSync(inFolder('struck'), 'wx'));
  } catch {
    return;
  }
  if (act === 'kill') for (const pid of new Set([worker, process.pid])) process.kill(pid, 'SIGKILL');
  while (!existsSync(inFolder('go'))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

function timesSeen(name) {
  return readFileSync(inFolder('seen'), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(` ${name}`)).length;
}

/** `POST /repos/acme/shop/issues/3/comments` is `tracker.POST.issues.comments`. */
function watchRequests() {
  const send = globalThis.fetch;
  globalThis.fetch = async (url, init) => {
    const [, , , , ...parts] = new URL(url).pathname.split('/');
    const method = init?.method ?? 'GET';
    const words = parts.filter((part) => !/^\d+$/.test(part) && !part.startsWith('locus'));
    if (method === 'GET') return send(url, init);
    const name = ['tracker', method, ...words].join('.');
    reach(`${name}.before`);
    const answer = await send(url, init);
    reach(`${name}.after`);
    return answer;
  };
}

/** What Locus writes without git: a worktree's HEAD, the work noted as made, and the removal of worktrees. */
function watchFiles() {
  const { rm } = promises;
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    const name = written(String(to));
    if (name !== null) reach(`${name}.before`);
    renameSync(from, to);
    if (name !== null) reach(`${name}.after`);
  };
  promises.rm = (target, options) =>
    options?.recursive && /\/worktrees\//.test(String(target))
      ? around('worktree.remove', () => rm(target, options))
      : rm(target, options);
}

function written(file) {
  if (path.basename(file) === 'HEAD') return 'git.HEAD';
  return path.basename(file) === 'made.json' ? 'work.made' : null;
}

async function around(name, work) {
  reach(`${name}.before`);
  const result = await work();
  reach(`${name}.after`);
  return result;
}

function watchProcesses() {
  const { spawn } = childProcess;
  childProcess.spawn = (program, args, ...rest) => {
    const name = nameOf(program, Array.isArray(args) ? args : []);
    if (name === null) return spawn(program, args, ...rest);
    reach(`${name}.before`);
    const child = spawn(program, args, ...rest);
    // The first of its listeners: nothing of ours has heard yet that it ended.
    if (program === 'git') child.prependListener('exit', () => reach(`${name}.after`));
    if (name !== 'git.commit-tree') reach(`${name}.started`);
    return child;
  };
}

function nameOf(program, args) {
  if (args.some((arg) => String(arg).endsWith('/host.sh'))) return 'agent.host';
  if (program !== 'git') return null;
  let at = 0;
  while (args[at] === '-c') at += 2;
  const [verb, ...rest] = args.slice(at);
  if (!gitWrites.includes(verb)) return null;
  const kind = /refs\/(?:locus\/)?([a-z]+)\//.exec(rest.find((arg) => arg.startsWith('refs/')) ?? '')?.[1];
  return verb === 'update-ref' ? `git.${verb}.${rest.includes('-d') ? 'drop-' : ''}${kind}` : `git.${verb}`;
}

async function watchActivities() {
  const { Worker } = await import('@temporalio/worker');
  const { create } = Worker;
  const interceptor = ({ info }) => ({
    inbound: {
      async execute(input, next) {
        reach(`activity.${info.activityType}.begin`);
        const result = await next(input);
        reach(`activity.${info.activityType}.answer`);
        return result;
      },
    },
  });
  Worker.create = (options) => {
    const activity = [...(options.interceptors?.activity ?? []), interceptor];
    return create.call(Worker, { ...options, interceptors: { ...options.interceptors, activity } });
  };
}
