import { fenced } from '../text.ts';
import { gateNote } from './gate-note.ts';
import { isActionable, type RedTeamFinding, type RedTeamRecord } from './red-team.ts';
import type { RedTeamProgress } from './state.ts';

/** What follows the gate. `note`: what the pull request must say, or why the run halts. */
export type RedTeamStep =
  | { readonly next: 'ask_again' }
  | { readonly next: 'another_cycle'; readonly progress: RedTeamProgress; readonly feedback: string }
  | { readonly next: 'complete'; readonly progress: RedTeamProgress; readonly note: string | null }
  | { readonly next: 'halt'; readonly note: string };

const gate = 'red-team';

/** How often a model is asked that fails or answers nothing that can be read. */
const mostAsks = 2;

/**
 * `asks` counts the answers of this pass, the record's own included. At `max_cycles` passes with something to act on,
 * the run completes with a warning: so 2 means one re-implementation.
 */
export function decideRedTeam(
  record: RedTeamRecord,
  progress: RedTeamProgress,
  given: { readonly asks: number; readonly threshold: number; readonly hash: (text: string) => string },
): RedTeamStep {
  const complete = (note: string | null, after = progress): RedTeamStep => ({
    next: 'complete',
    progress: after,
    note,
  });
  switch (record.outcome) {
    case 'halted':
      return { next: 'halt', note: record.reason };
    case 'skipped':
      return complete(gateNote(gate, 'skipped', record.reason));
    case 'degraded': {
      if (given.asks < mostAsks) return { next: 'ask_again' };
      const code = record.exit_code === null ? '' : `, exit code ${record.exit_code}`;
      return complete(gateNote(gate, 'did_not_run', `${record.reason}${code}`));
    }
    case 'checked': {
      const { actionable } = record.summary;
      const after = progressed(progress, record, given.hash);
      if (actionable === 0) return complete(null, after);
      if (after.cycles < after.max_cycles) {
        return { next: 'another_cycle', progress: after, feedback: redTeamFeedback(record.findings, given.threshold) };
      }
      const divergences = `${actionable} ${actionable === 1 ? 'divergence' : 'divergences'} from the design`;
      const reason = `${divergences} left after ${after.cycles} of ${after.max_cycles} cycles`;
      return complete(gateNote(gate, 'warning', reason), after);
    }
  }
}

/** What the next implementation is given: only what must be acted on, as data. */
export function redTeamFeedback(findings: readonly RedTeamFinding[], threshold: number): string {
  return findings
    .filter((finding) => isActionable(finding, threshold))
    .map((finding) => {
      const facts = [
        ['section', finding.sdd_section],
        ['requirement', finding.sdd_requirement],
        ['evidence', finding.code_evidence],
        ['recommendation', finding.recommendation],
      ].map(([name, text]) => `${name}: ${text}`);
      return fenced([`${finding.id} (${finding.classification}, ${finding.severity})`, ...facts].join('\n'), 'text');
    })
    .join('\n\n');
}

function progressed(
  progress: RedTeamProgress,
  { findings, summary }: RedTeamRecord & { outcome: 'checked' },
  hash: (text: string) => string,
): RedTeamProgress {
  const identities = findings
    .map((finding) =>
      [finding.sdd_section, finding.sdd_requirement, finding.classification, finding.severity].join('|'),
    )
    .sort();
  return {
    ...progress,
    cycles: progress.cycles + (summary.actionable > 0 ? 1 : 0),
    findings_total: progress.findings_total + summary.total,
    divergences_found: progress.divergences_found + summary.confirmed_divergence,
    last_findings_hash: identities.length === 0 ? null : hash(identities.join('\n')).slice(0, 16),
  };
}
