import { findingLines, notesSection } from './body-parts.ts';
import { postPrNotes } from './post-pr.ts';
import { type PostPrState, postPrPhases } from './post-pr-state.ts';
import { cell, code, type Section, sentence, table } from './sections.ts';

/** How far the validation of a pull request has come, for its body: each phase, what nobody has looked at, queued bugs. */
export function postPrSections(state: PostPrState, secrets: readonly string[], ofPlan = false): Section[] {
  const { phases, markers, bugs = [], fix_commits = [], reviews = [] } = state;
  const overview = table(
    '## Post-PR Validation',
    ['Phase', 'Status'],
    postPrPhases.map(({ phase }) => [phase, phases[phase]]),
  );
  const marked = markers.length === 0 ? [] : ['', `<!-- ${markers.join(' ')} -->`];
  return [
    { ...overview, after: ['', ...standing(state, secrets), ...marked] },
    ...notesSection(postPrNotes(state), secrets),
    ...listed(
      'These commits came later: the review and the audit before the pull request have not seen them:',
      fix_commits.map((commit) => `- ${code(commit.slice(0, 7))}`),
    ),
    ...listed(
      'Another model has reviewed it:',
      reviews.flatMap((review) => {
        const { model, outcome, high_consensus, disputed, blockers, low_value } = review;
        const counts = `${high_consensus} agreed, ${disputed} disputed, ${blockers} blockers, ${low_value} dropped`;
        // A plan has them in a section of its own.
        const findings = ofPlan ? [] : findingLines([review], secrets);
        return [`- ${cell(model, secrets)}: ${cell(outcome)}, ${counts}`, ...findings.map((line) => `  ${line}`)];
      }),
    ),
    ...listed(
      'Bugs to start a run for:',
      bugs.map(
        ({ severity, title, command }) => `- ${cell(severity)} ${cell(title, secrets)}: ${code(command, secrets)}`,
      ),
    ),
  ];
}

function standing({ state, halt }: PostPrState, secrets: readonly string[]): string[] {
  if (state !== 'HALTED' || !halt) return [`State: ${state}`];
  const why = halt.detail === undefined ? halt.reason : `${halt.reason}: ${halt.detail}`;
  return [`State: HALTED, ${sentence(why, secrets)}`, '', '`locus resume` runs the phase again.'];
}

function listed(about: string, lines: readonly string[]): Section[] {
  return lines.length === 0 ? [] : [{ heading: '', before: [about, ''], lines }];
}
