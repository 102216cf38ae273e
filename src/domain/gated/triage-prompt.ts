import { instructionsSection, type PromptParts, repositorySection } from '../prompt.ts';
import { cut, fenced, oneLine } from '../text.ts';
import { severities } from './findings.ts';
import { changeNothing } from './gate-prompts.ts';
import { dataText, promptOf, untrusted } from './prompt-parts.ts';
import { triageTag } from './triage-answer.ts';
import { bugClasses, confidences, disqualifierKinds, hintActions } from './triage-record.ts';

export interface TriageParts {
  /** Text of `.locus/LOCUS.md`, null where there is none. */
  readonly instructions: string | null;
  /** The bug as it was reported, redacted. */
  readonly bug: { readonly id: string; readonly title: string; readonly text: string };
  /** What people answered since, oldest first. */
  readonly answers: readonly { readonly question: string; readonly answer: string }[];
  readonly repository: PromptParts['repository'];
}

const longestReport = 160_000;
const longestAnswers = 40_000;

/** Finds out what a bug is, and fixes nothing. */
export function triagePrompt({ instructions, bug, answers, repository }: TriageParts): string {
  return promptOf([
    instructionsSection(instructions),
    [
      `# Your task: triage of bug ${bug.id}`,
      '',
      `Find out what is wrong and where. Fix nothing. ${changeNothing}`,
      'You may read every file, and run tests and other commands that change none.',
    ].join('\n'),
    [
      '# What was reported',
      untrusted,
      fenced(`Title: ${cut(oneLine(bug.title), 1000)}`, 'text'),
      bug.text.trim() === '' ? 'There is nothing but the title.' : dataText(bug.text, longestReport, 'the report'),
    ].join('\n\n'),
    answerSection(answers),
    repositorySection(repository),
    triageForm,
  ]);
}

function answerSection(answers: TriageParts['answers']): string {
  if (answers.length === 0) return '';
  const texts = answers.map(({ question, answer }) => `Asked: ${oneLine(question)}\nAnswered: ${answer.trim()}`);
  return ['# What people answered', untrusted, dataText(texts.join('\n\n'), longestAnswers, 'the answers')].join(
    '\n\n',
  );
}

const example = {
  title: 'what is wrong, in a line',
  class: 'runtime_error',
  severity: 'high',
  reproduction: { steps: ['first step', 'second step'], failing_test: null },
  expected: 'what should happen',
  actual: 'what happens',
  evidence: {
    stack_trace: [{ file: 'src/a.ts', line: 12 }],
    production_error_log: null,
    regression_baseline: null,
  },
  disqualifiers: [],
  suspected_files: [{ file: 'src/a.ts', lines: '10-14', confidence: 'high', reason: 'why' }],
  related_tests: ['test/a.test.ts'],
  strategy: 'how to fix it, and how to test it first',
  fix_hints: [{ file: 'src/a.ts', action: 'validate', target: 'parse()', constraint: 'what must stay as it is' }],
  questions: [],
} as const;

export const triageForm = [
  '# How to answer',
  '',
  `Your last message is the answer; write it to no file. It holds one fenced block tagged \`${triageTag}\`, a JSON object with these fields:`,
  '',
  '````',
  `\`\`\`${triageTag}`,
  JSON.stringify(example, null, 2),
  '```',
  '````',
  '',
  'Say only what the report or the repository shows; what you do not know is null or an empty list.',
  '',
  `- \`class\`: ${bugClasses.join(', ')}.`,
  `- \`severity\`: ${severities.join(', ')}, or null.`,
  '- `reproduction.failing_test`: a test of this repository, or one in the report, that fails because of the bug.',
  '- `evidence`: locations of a stack trace in the report; an error from a log of production; a version or commit where it still worked.',
  `- \`disqualifiers\`: what the report asks for that is new instead of broken: ${disqualifierKinds.join(', ')}.`,
  `- \`suspected_files\`: paths in the repository; \`confidence\` is ${confidences.join(', ')}.`,
  `- \`fix_hints\`: \`action\` is ${hintActions.join(', ')}.`,
  '- `questions`: what only a person can answer, at most 5.',
].join('\n');
