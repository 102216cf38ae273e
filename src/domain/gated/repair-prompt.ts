import { oneLine } from '../text.ts';
import { answerForm, changeNothing } from './gate-prompts.ts';
import { dataText, promptOf, untrusted } from './prompt-parts.ts';
import { redTeamForm } from './red-team-prompt.ts';
import type { Gate } from './state.ts';
import { triageForm } from './triage-prompt.ts';

export interface RepairParts {
  readonly by: Gate | 'red-team' | 'triage';
  /** Such as `sprint-3`. */
  readonly target: string;
  /** What is wrong with the answer. */
  readonly problems: readonly string[];
  /** The answer as it came. */
  readonly answer: string;
}

const longestAnswer = 60_000;
const longestProblem = 500;
const mostProblems = 20;

/** Asks once more for an answer that could not be taken: in the right form, with what was found and nothing else. */
export function repairPrompt({ by, target, problems, answer }: RepairParts): string {
  const list = problems.slice(0, mostProblems).map((problem) => `- ${oneLine(problem).slice(0, longestProblem)}`);
  return promptOf([
    [
      `# Your task: the ${by} of ${target}, in the right form`,
      '',
      'Your answer to it could not be taken. Give it again, whole and in the form below. Where it contradicts itself, ' +
        `look again at the work and decide; do not make it fit. ${changeNothing}`,
    ].join('\n'),
    list.length === 0
      ? ''
      : ['What is wrong with it:', dataText(list.join('\n'), longestAnswer, 'this list')].join('\n\n'),
    answer.trim() === ''
      ? 'The answer was empty.'
      : ['# Your answer', untrusted, dataText(answer, longestAnswer, 'this answer', 'markdown')].join('\n\n'),
    formOf(by, target),
  ]);
}

function formOf(by: RepairParts['by'], target: string): string {
  if (by === 'triage') return triageForm;
  return by === 'red-team' ? redTeamForm : answerForm(by, target);
}
