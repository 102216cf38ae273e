import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LocusFailure } from '../../domain/failures.ts';
import { isRemembering, type Pace, takePlace, weightOf } from '../../domain/pace.ts';

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export interface GovernedRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  /** Epoch milliseconds until which it may be held back here; one that would have to wait longer is refused. */
  readonly until: number;
  /** Told why, before a wait that somebody would notice. */
  readonly onWait?: ((why: string) => void) | undefined;
}

/** GitHub allows 100 requests of an account at a time. */
const mostAtOnce = 90;
const noticedMs = 2_000;

/** Keeps all requests of one account inside GitHub's limits, whichever run or command they belong to. */
export class Governor {
  private readonly clock: Clock;
  private pace: Pace = [];
  private atOnce = 0;
  private readonly line: (() => void)[] = [];

  constructor(clock: Clock = { now: () => Date.now(), sleep: (ms) => delay(ms) }) {
    this.clock = clock;
  }

  now(): number {
    return this.clock.now();
  }

  /** Sends a request when it may be sent. Rejects with RateLimited, and sends nothing, where that is too far off. */
  async send<T>({ method, url, body, until, onWait }: GovernedRequest, send: () => Promise<T>): Promise<T> {
    const request = {
      key: hashOf(`${method} ${url} ${String(body ?? '')}`),
      ...weightOf(method, new URL(url).pathname),
    };
    const now = this.now();
    const { pace, at, limit } = takePlace(this.pace, request, now, Math.max(0, until - now));
    this.pace = pace;
    if (at > now) {
      const why = `GitHub's pace (${limit}) allows the next one by ${clockTime(at)}`;
      if (at > until) throw new LocusFailure('RateLimited', why, { retryAt: at });
      if (at - now > noticedMs) onWait?.(why);
      await this.clock.sleep(at - now);
    }
    await this.enter();
    try {
      return await send();
    } finally {
      this.leave();
    }
  }

  isIdle(): boolean {
    return this.atOnce === 0 && !isRemembering(this.pace, this.now());
  }

  private async enter(): Promise<void> {
    if (this.atOnce < mostAtOnce) this.atOnce += 1;
    else await new Promise<void>((resolve) => this.line.push(resolve));
  }

  /** Who is next in line takes over the place of who leaves. */
  private leave(): void {
    const next = this.line.shift();
    if (next) next();
    else this.atOnce -= 1;
  }
}

const governors = new Map<string, Governor>();

/** The one of an account in this process; null where nothing is to be paced. */
export function governorOf(apiUrl: string, token: string): Governor | null {
  if (!isPaced(apiUrl, process.env.LOCUS_GITHUB_PACE)) return null;
  const account = hashOf(`${new URL(apiUrl).href.replace(/\/+$/, '')} ${token}`);
  const known = governors.get(account);
  if (known) return known;
  // Some tokens live for an hour, and a worker for weeks.
  for (const [other, governor] of governors) if (governor.isIdle()) governors.delete(other);
  const governor = new Governor();
  governors.set(account, governor);
  return governor;
}

/** GitHub's own limits; an Enterprise server has none unless its operator sets some. */
function isPaced(apiUrl: string, setting: string | undefined): boolean {
  if (setting === 'on' || setting === 'off') return setting === 'on';
  if (setting) {
    throw new LocusFailure('ConfigInvalid', `LOCUS_GITHUB_PACE is on or off, not ${JSON.stringify(setting)}`, {
      remedy: 'set LOCUS_GITHUB_PACE to on or off, or unset it',
    });
  }
  const { hostname } = new URL(apiUrl);
  return hostname === 'api.github.com' || hostname.endsWith('.ghe.com');
}

/** With its zone: a worker may say it in one, and a person read it in another. To the minute, so that many say the same. */
function clockTime(at: number): string {
  const minute = 60_000;
  const full = new Date(Math.ceil(at / minute) * minute);
  return full.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
