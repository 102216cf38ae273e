import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../e2e/support/wait.ts';
import type { Fault } from '../support/github-stand-in/server.mjs';
import { atGate, linesIn } from './agents.ts';
import { kill, processesOf } from './processes.ts';
import { hasEnded, nextActivity } from './recovery.ts';
import type { Row } from './rows.ts';
import type { Scene } from './scene.ts';
import { sprint } from './shapes.ts';

type Strike = Pick<Fault, 'kind' | 'status' | 'headers' | 'body'>;

/** Each kind of write that a run makes. `N` is an issue that the seed chooses. */
const writes = [
  { method: 'POST', path: '/shop-1/labels$' },
  { method: 'POST', path: '/issues/N/labels$' },
  { method: 'DELETE', path: '/issues/N/labels/' },
  { method: 'POST', path: '/issues/N/comments$' },
  { method: 'POST', path: '/pulls$' },
] as const;

const faults: readonly { readonly id: string; readonly fault: string; readonly times: number; readonly how: Strike }[] =
  [
    {
      id: 'tracker-5xx',
      fault: 'tracker answers a write with 503, twice',
      times: 2,
      how: { kind: 'status', status: 503 },
    },
    {
      id: 'tracker-limit',
      fault: 'tracker refuses a write with 403 and `retry-after`',
      times: 1,
      how: {
        kind: 'status',
        status: 403,
        headers: { 'retry-after': '2' },
        body: { message: 'You have exceeded a secondary rate limit.' },
      },
    },
    {
      id: 'tracker-cut-before',
      fault: 'connection cut before the tracker does a write',
      times: 1,
      how: { kind: 'cutBefore' },
    },
    {
      id: 'tracker-cut-after',
      fault: 'connection cut after the tracker did a write, before its answer',
      times: 1,
      how: { kind: 'cutAfterWrite' },
    },
  ];

export const trackerRows: readonly Row[] = [
  ...faults.map(
    ({ id, fault, times, how }): Row => ({
      id,
      fault,
      full: 2 * writes.length,
      quick: id === 'tracker-cut-after' ? 2 : 0,
      clock: 'to the next request for the same thing that is answered well',
      before({ repository, shape, random, seed }) {
        const write = writes[(seed >> 1) % writes.length] ?? writes[0];
        const issue = String(random.pick(shape.issues));
        repository.github.faults.push({ ...write, path: write.path.replace('N', issue), times, ...how });
      },
      strike: (scene) => answeredWell(scene, times),
    }),
  ),
  {
    id: 'push-cut-before',
    fault: 'push cut off before the remote took it',
    full: 4,
    quick: 0,
    clock: 'to the next push',
    before: (scene) => breakPush(scene, 'pre-receive', 'kill -KILL $PPID'),
    strike: nextPush,
  },
  {
    id: 'push-cut-after',
    fault: 'push cut off after the remote took it, before its answer',
    full: 4,
    quick: 1,
    clock: 'to the next push',
    before: (scene) => breakPush(scene, 'post-receive', 'kill -KILL $PPID'),
    strike: nextPush,
  },
  {
    id: 'push-hang',
    fault: 'push hangs and is killed; the remote takes it later, or never',
    full: 4,
    quick: 0,
    clock: 'to the next push',
    before: (scene) =>
      breakPush(scene, 'pre-receive', `until [ -e "$0.go" ]; do sleep 0.05; done\nexit ${scene.random.whole(0, 1)}`),
    async strike(scene) {
      const hook = await until('the push hangs', () => brokenAt(scene) || hasEnded(scene), 60);
      const pushing = processesOf(scene.world.folder).filter(({ command }) => /^git .* push /.test(command));
      if (hook !== true && pushing.length === 0) throw new Error('there is no push to be killed');
      for (const { pid } of pushing) kill(pid);
      await writeFile(path.join(scene.repository.remote, 'hooks/pre-receive.go'), '');
      return hook === true ? null : nextPush(scene);
    },
  },
  {
    id: 'token-out',
    fault: 'the token runs out in the middle of a sprint; `locus run --resume` with a new one',
    full: 4,
    quick: 0,
    person: 'gives a new token',
    gated: true,
    shape: sprint,
    clock: 'from `locus run --resume` to the next activity',
    async strike(scene) {
      await atGate(scene);
      (scene.repository.github as { token: string }).token = 'second-token';
      await scene.letGo();
      const { code } = await scene.cli.ended;
      if (code !== 3) throw new Error(`the run should halt for its token, but locus ended with exit code ${code}`);
      scene.env = { ...scene.env, GITHUB_TOKEN: 'second-token' };
      const since = Date.now();
      scene.run('--resume');
      return nextActivity(scene, since);
    },
  },
];

/** Waits until the fault has struck and the thing it struck is written after all. */
async function answeredWell(scene: Scene, times: number): Promise<number | null> {
  const { log, faults } = scene.repository.github;
  const [fault] = faults;
  const pattern = new RegExp(fault?.path ?? '');
  const hits = () => log.filter(({ method, path: of }) => method === fault?.method && pattern.test(of)).slice(0, times);
  await until('the tracker’s fault strikes', () => hits().length === times || hasEnded(scene), 90);
  const last = hits().at(-1);
  if (hits().length < times || last === undefined) throw new Error('the run ended before the fault struck');
  const topic = last.path.replace(/^(.*?\/(?:issues\/\d+|pulls|labels)).*/, '$1');
  const next = await until(
    'the tracker answers well again',
    () =>
      log
        .slice(log.indexOf(last) + 1)
        .find((one) => one.path.startsWith(topic) && one.status >= 200 && one.status < 300) ??
      (hasEnded(scene) ? 'ended' : null),
    90,
  );
  return next === 'ended' ? null : next.at - last.at;
}

/** A hook of the remote that does this at one push, and nothing at the others. */
async function breakPush({ repository, random, shape }: Scene, hook: string, how: string): Promise<void> {
  const file = path.join(repository.remote, 'hooks', hook);
  await mkdir(path.dirname(file), { recursive: true });
  const skipped = random.whole(0, shape.pushes - 1);
  const once = `n=0; while ! mkdir "$0.push-$n" 2>/dev/null; do n=$((n + 1)); done; [ $n -eq ${skipped} ] || exit 0`;
  await writeFile(file, `#!/bin/sh\n${once}\ndate +%s%3N >"$0.broken"\n${how}\n`);
  await chmod(file, 0o755);
}

function brokenAt({ repository }: Scene): number {
  for (const hook of ['pre-receive', 'post-receive']) {
    const [at] = linesIn(path.join(repository.remote, 'hooks', `${hook}.broken`));
    if (at) return Number(at);
  }
  return 0;
}

async function nextPush(scene: Scene): Promise<number | null> {
  await until('a push breaks', () => brokenAt(scene) || hasEnded(scene), 90);
  const since = brokenAt(scene);
  if (since === 0) throw new Error('the run ended before a push broke');
  const isNext = ({ at, name }: { at: number; name: string }) => at > since && name === 'git.push.before';
  const next = await until(
    'it is pushed again',
    () => scene.points.passed().find(isNext) ?? (hasEnded(scene) ? true : null),
    90,
  );
  return next === true ? null : next.at - since;
}
