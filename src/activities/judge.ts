import type { AttemptEnd } from '../agents/host/follow.ts';
import { asFailure, type Failure, type FailureType } from '../domain/failures.ts';
import { redact } from '../domain/redact.ts';
import type { Provider } from '../domain/settings.ts';
import { type Limit, usageLimit } from '../domain/usage-limit.ts';

export type Verdict =
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'ended' }
  | { readonly outcome: 'overspent' }
  | { readonly outcome: 'limited'; readonly until: number | null; readonly failure: Failure }
  | {
      readonly outcome: 'failed';
      readonly failure: Failure;
      readonly retry: boolean;
      readonly killed: boolean;
      /** Where it has ended by itself. */
      readonly exitCode?: number;
    };

/**
 * What the end of an agent means, before its work is looked at. Exit code 0 is not enough: its own result must not be an
 * error. `zone` is the time zone in which the agent writes, where it is not the host's.
 */
export function judge(provider: Provider, end: AttemptEnd, zone = hostZone()): Verdict {
  switch (end.outcome) {
    // None of these is the agent's doing, so they count for nothing: its session and its work are gone on with.
    case 'ended':
    case 'orphaned':
    case 'rebooted':
      return { outcome: 'ended' };
    case 'overspent':
      return { outcome: 'overspent' };
    case 'killed':
      return failed('AgentFailed', `${provider} was killed`, { killed: true });
    case 'deadline':
      return failed('AgentTimedOut', `${provider} did not finish in the time that agent.timeoutMinutes allows`, {});
    case 'stalled':
      return (
        limitWaitedFor(provider, end, zone) ??
        failed('AgentStalled', `${provider} printed nothing for as long as agent.stallMinutes allows`, {})
      );
    case 'exited':
      if (end.code === 0 && end.report.error === null) return { outcome: 'ok' };
      return (
        limited(provider, end, zone) ?? failed('AgentFailed', `${provider} ${ending(end)}`, { exitCode: end.code })
      );
  }
}

function hostZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** EX_TEMPFAIL of sysexits: how a command of a person's own says that it could not work now. */
const tryLater = 75;

function limited(provider: Provider, end: AttemptEnd, zone: string): Verdict | null {
  const limit = limitOf(provider, end, zone);
  if (limit === null) return null;
  const why = end.report.error ?? lastLines(end.stderrTail);
  const message = redact(why === null ? `${provider} asks to be started later` : `${provider}: ${why}`);
  return { outcome: 'limited', until: limit.until, failure: asFailure('UsageLimitReached', message) };
}

/** Codex says that it met a limit, and is then silent for as long as the model asked it to wait, hours perhaps. */
function limitWaitedFor(provider: Provider, end: AttemptEnd, zone: string): Verdict | null {
  return end.report.latest === 'error' ? limited(provider, end, zone) : null;
}

/** Looks at what the agent reports as an error, never at what it says of its work. */
function limitOf(provider: Provider, { code, report, stderrTail }: AttemptEnd, zone: string): Limit | null {
  const now = Date.now();
  if (provider === 'command') {
    return code === tryLater ? usageLimit({ text: stderrTail, status: 429, until: null }, now, zone) : null;
  }
  const text = report.error ?? stderrTail;
  return usageLimit({ text, status: report.errorStatus, until: report.limitUntil }, now, zone);
}

function failed(
  type: FailureType,
  message: string,
  { killed = false, exitCode = null }: { readonly killed?: boolean; readonly exitCode?: number | null },
): Verdict {
  const code = exitCode === null ? {} : { exitCode };
  return { outcome: 'failed', failure: asFailure(type, redact(message)), retry: true, killed, ...code };
}

function ending(end: AttemptEnd): string {
  const why = end.report.error ?? lastLines(end.stderrTail) ?? lastLines(end.answer);
  const code = end.code === 0 ? 'reported an error' : `ended with exit code ${end.code}`;
  return why ? `${code}: ${why}` : code;
}

function lastLines(text: string): string | null {
  return text.trim() === '' ? null : text.trim().split('\n').slice(-5).join('\n').slice(-800);
}
