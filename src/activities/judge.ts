import type { AttemptEnd } from '../agents/host/follow.ts';
import { asFailure, type Failure, type FailureType } from '../domain/failures.ts';
import { redact } from '../domain/redact.ts';
import type { Provider } from '../domain/settings.ts';

export type Verdict =
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'ended' }
  | { readonly outcome: 'failed'; readonly failure: Failure; readonly retry: boolean; readonly killed: boolean };

/** What the end of an agent means, before its work is looked at. Exit code 0 is not enough: its own result must not be an error. */
export function judge(provider: Provider, end: AttemptEnd): Verdict {
  switch (end.outcome) {
    // None of these is the agent's doing, so they count for nothing: its session and its work are gone on with.
    case 'ended':
    case 'orphaned':
    case 'rebooted':
      return { outcome: 'ended' };
    case 'killed':
      return failed('AgentFailed', `${provider} was killed`, { killed: true });
    case 'deadline':
      return failed('AgentTimedOut', `${provider} did not finish in the time that agent.timeoutMinutes allows`, {});
    case 'stalled':
      return failed('AgentStalled', `${provider} printed nothing for as long as agent.stallMinutes allows`, {});
    case 'exited':
      if (end.code === 0 && end.report.error === null) return { outcome: 'ok' };
      return failed('AgentFailed', `${provider} ${ending(end)}`, {});
  }
}

function failed(type: FailureType, message: string, { killed = false }): Verdict {
  return { outcome: 'failed', failure: asFailure(type, redact(message)), retry: true, killed };
}

function ending(end: AttemptEnd): string {
  const why = end.report.error ?? lastLines(end.stderrTail) ?? lastLines(end.answer);
  const code = end.code === 0 ? 'reported an error' : `ended with exit code ${end.code}`;
  return why ? `${code}: ${why}` : code;
}

function lastLines(text: string): string | null {
  return text.trim() === '' ? null : text.trim().split('\n').slice(-5).join('\n').slice(-800);
}
