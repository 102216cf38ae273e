import { setTimeout as delay } from 'node:timers/promises';
import { LocusFailure } from '../domain/failures.ts';

/** Something that is asked of a remote. */
export interface Wish {
  /** Two wishes for one branch never go together. */
  readonly branch: string;
  readonly signal?: AbortSignal;
}

interface Waiting<W, A> {
  readonly wish: W;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/** Who waits for one remote. */
interface Line<W, A> {
  waiting: Waiting<W, A>[];
  isServed: boolean;
  /** On the clock of `performance.now`. */
  restsUntil: number;
  /** What it was asked for last, alone; null: for several branches, or nothing yet. */
  lastAlone: string | null;
}

interface TogetherOptions<W, A> {
  /** How long others wait for one that is under way. */
  readonly patienceMs?: number;
  /** Answers each wish, in that order. The signal: nobody waits for an answer any more. */
  readonly send: (wishes: readonly W[], signal: AbortSignal) => Promise<readonly A[]>;
  /** How many times as long as it was busy a remote rests then, before it is asked for another branch. */
  readonly rest: number;
}

const longestRestMs = 10_000;
/** A connection that hangs, or has much to carry, holds up nobody for longer. */
const patienceMs = 10_000;
const mostAtOnce = 100;

/**
 * Asks a remote once where many ask it: what comes while it is busy, or rests, goes together as soon as it is free.
 * Hosting services limit how often they are asked, and each connection costs both sides more than what is said on it.
 */
export class Together<W extends Wish, A> {
  private readonly lines = new Map<string, Line<W, A>>();
  private readonly options: TogetherOptions<W, A>;

  constructor(options: TogetherOptions<W, A>) {
    this.options = options;
  }

  /** `remote`: what tells it from others. Fails as its sending does, and as Interrupted once nobody waits for it. */
  ask(remote: string, wish: W): Promise<A> {
    const line = this.lines.get(remote) ?? { waiting: [], isServed: false, restsUntil: 0, lastAlone: null };
    this.lines.set(remote, line);
    return new Promise<A>((resolve, reject) => {
      if (wish.signal?.aborted) return reject(interrupted());
      const waiting = { wish, resolve, reject };
      line.waiting.push(waiting);
      wish.signal?.addEventListener('abort', () => leave(line, waiting), { once: true });
      if (!line.isServed) this.serve(line);
    });
  }

  private async serve(line: Line<W, A>): Promise<void> {
    line.isServed = true;
    while (line.waiting.length > 0) {
      await rest(line);
      const group = taken(line);
      if (group.length === 0) continue;
      const began = performance.now();
      const isFree = await within(this.options.patienceMs ?? patienceMs, this.answer(group));
      const now = performance.now();
      line.restsUntil = isFree ? now + Math.min(longestRestMs, this.options.rest * (now - began)) : now;
      line.lastAlone = group.length === 1 ? (group[0]?.wish.branch ?? null) : null;
    }
    line.isServed = false;
  }

  private async answer(group: readonly Waiting<W, A>[]): Promise<void> {
    const unwanted = new AbortController();
    let wanted = group.length;
    for (const { wish, reject } of group) {
      const onAbort = () => {
        wanted -= 1;
        // The others' goes on; the last one's ends by itself.
        if (wanted === 0) unwanted.abort();
        else reject(interrupted());
      };
      wish.signal?.addEventListener('abort', onAbort, { once: true });
    }
    try {
      const wishes = group.map(({ wish }) => wish);
      const answers = await this.options.send(wishes, unwanted.signal);
      for (const [at, { resolve }] of group.entries()) resolve(answers[at] as A);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}

/** Whether it ends so soon. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const over = new AbortController();
  const late = delay(ms, false, { signal: over.signal, ref: false }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    over.abort();
  }
}

/** One lane that goes on and on has nobody to go together with. */
async function rest<W extends Wish, A>(line: Line<W, A>): Promise<void> {
  const [first, ...others] = line.waiting;
  if (others.length === 0 && first?.wish.branch === line.lastAlone) return;
  const ms = line.restsUntil - performance.now();
  if (ms > 0) await delay(ms, undefined, { ref: false });
}

/** The next ones that can go together. */
function taken<W extends Wish, A>(line: Line<W, A>): Waiting<W, A>[] {
  const group = new Map<string, Waiting<W, A>>();
  for (const each of line.waiting) {
    if (group.size < mostAtOnce && !group.has(each.wish.branch)) group.set(each.wish.branch, each);
  }
  const going = new Set(group.values());
  line.waiting = line.waiting.filter((each) => !going.has(each));
  return [...going];
}

function leave<W, A>(line: Line<W, A>, waiting: Waiting<W, A>): void {
  if (!line.waiting.includes(waiting)) return;
  line.waiting = line.waiting.filter((each) => each !== waiting);
  waiting.reject(interrupted());
}

function interrupted(): LocusFailure {
  return new LocusFailure('Interrupted', 'what was asked of the remote was interrupted');
}
