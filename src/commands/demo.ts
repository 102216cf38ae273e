import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { problemsOf } from '../demo/evidence.ts';
import { openPlace, type Place } from '../demo/place.ts';
import * as report from '../demo/report.ts';
import { makeRepository } from '../demo/repository.ts';
import { showSprint } from '../demo/show.ts';
import { findProgram } from '../disk/program.ts';
import { findTemporalBinary } from '../server/binary.ts';
import { readKeeper } from '../server/keeper-file.ts';
import { cacheDir } from '../server/state.ts';
import { builtFile } from '../server/version.ts';

const longestMs = 180_000;

export interface DemoOptions {
  /** Leave the repository and the server. */
  readonly keep?: boolean;
}

/** `locus demo`: a sprint in a throwaway repository, whose worker is killed half-way. Leaves nothing, unless told to. */
export async function demo({ keep = false }: DemoOptions): Promise<number> {
  const isWatched = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  console.log(report.introduction());
  // Before there is anything to remove, and with the user's own environment: it may take minutes, and a proxy.
  const binary = await findTemporalBinary({ cacheDir: cacheDir(), onProgress: (line) => console.log(line) });
  const { signal, interrupted } = untilEnded();
  const place = await openPlace({ binary });
  let isKept = false;
  try {
    const code = await Promise.race([interrupted, tooLong(place), play(place, signal, keep || isWatched)]);
    isKept = keep && !signal.aborted;
    if (isKept) console.log(report.kept(place, builtFile('bin/cli.js')));
    else if (code === 0 && isWatched) await enter(signal);
    return code;
  } finally {
    if (!isKept) await remove(place, signal.aborted);
  }
}

/** The whole story, from an empty folder to what came of it. */
async function play(place: Place, signal: AbortSignal, staysUp: boolean): Promise<number> {
  await makeRepository(place);
  signal.throwIfAborted();
  console.log(report.repositoryMade(place));

  const began = performance.now();
  const keeper = await place.startServer();
  console.log(report.runBegins(keeper, (performance.now() - began) / 1000));
  const shown = await showSprint(place, signal);
  signal.throwIfAborted();
  console.log(report.outcome(shown));
  console.log(report.link(keeper, shown.runId, staysUp));

  const problems = problemsOf(shown);
  if (problems.length > 0) {
    console.error(report.wentWrong(problems));
    return 1;
  }
  console.log(report.tryYourself(findProgram('locus', process.env.PATH) !== null));
  return 0;
}

/** Something is wrong with this machine, or with us: say what is known instead of waiting for ever. */
async function tooLong({ stateDir }: Place): Promise<number> {
  await delay(longestMs, undefined, { ref: false });
  const keeper = await readKeeper(stateDir);
  const why = keeper?.problem ?? keeper?.workerProblem ?? 'no reason is known';
  console.error(report.wentWrong([`the run did not end within ${longestMs / 60_000} minutes: ${why}`]));
  return 1;
}

/** Turns the signals that would end this process into an exit code, so that everything can be removed first. */
function untilEnded(): { readonly signal: AbortSignal; readonly interrupted: Promise<number> } {
  const ending = new AbortController();
  // A terminal that was closed, or a pipe: what is printed from now on is lost, what was started is still removed.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const interrupted = new Promise<number>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        resolve(128 + constants.signals[name]);
        ending.abort();
      });
    }
  });
  return { signal: ending.signal, interrupted };
}

/** Until then the run can be looked at in the Web UI. */
async function enter(signal: AbortSignal): Promise<void> {
  console.log('\nPress Enter to end the demo and remove everything.');
  await new Promise<void>((resolve) => {
    process.stdin.once('data', () => resolve()).once('end', () => resolve());
    signal.addEventListener('abort', () => resolve());
  });
  process.stdin.pause();
}

async function remove(place: Place, isInterrupted: boolean): Promise<void> {
  if (isInterrupted) console.log('\nending the demo');
  await place.close();
  console.log(`\nRemoved ${place.folder}; nothing is left running.`);
}
