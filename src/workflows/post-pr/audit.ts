import { type AuditFinding, type AuditResult, decideAudit } from '../../domain/gated/post-pr-audit.ts';
import { opened } from '../gated/open.ts';
import { fixed } from './fix.ts';
import { haltPoint, inTime, type PhaseEnd, type PostPrBench } from './step.ts';

const timeout: PhaseEnd = { halt: 'audit_timeout', detail: 'it did not end in its time' };

/** POST_PR_AUDIT ⇄ FIX_AUDIT: the rules look at what the branch changes; what may be mended is, and looked at again. */
export async function auditPhase(bench: PostPrBench): Promise<PhaseEnd> {
  const { run, target } = bench;
  for (;;) {
    await haltPoint(bench);
    const { workspace } = await opened(bench);
    target.enter('POST_PR_AUDIT');
    const request = { workspace, commit: target.tip };
    const told = await inTime(bench, 'audit of the draft', ({ host }, summary) =>
      host.auditPull.executeWithOptions({ summary }, [run.context, request]),
    );
    if (told === 'time_up') return timeout;
    const { result, unread } = told;
    const step = decideAudit(target.post.rounds.audit, result);
    target.count('audit', step.rounds);
    if (step.next === 'pass') return { status: 'completed', note: noteOf(result, unread) };
    if (step.next === 'halt') return { halt: step.reason, detail: placesOf(result.findings) };
    await haltPoint(bench);
    target.enter('FIX_AUDIT');
    const about = { kind: 'fix_audit', findings: result.findings.filter(({ fixable }) => fixable) } as const;
    const end = await fixed(bench, about, `mend what the audit of ${target.state.target} found`);
    if (end === 'time_up') return timeout;
    if (end !== 'fixed') return { halt: 'audit_error', detail: end.failed };
  }
}

function noteOf({ nits }: AuditResult, unread: number): string | null {
  const notes = [
    ...(nits === 'skipped' ? ['nits were skipped: the diff could not be had'] : []),
    ...(unread > 0 ? [`${unread} changed files were not read: they are too large, or too many`] : []),
  ];
  return notes.length === 0 ? null : notes.join('; ');
}

const mostPlaces = 5;

/** Rules and places alone: what stands there may be a secret. */
function placesOf(findings: readonly AuditFinding[]): string {
  const places = findings.slice(0, mostPlaces).map(({ rule, file, line }) => `${rule} in ${file}:${line}`);
  const more = findings.length - places.length;
  return [...places, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
