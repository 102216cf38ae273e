import { changeNothing } from './gate-prompts.ts';
import { dataText, promptOf, untrusted } from './prompt-parts.ts';

export interface RedTeamParts {
  /** Such as `sprint-3`. */
  readonly target: string;
  /** What is compared, bounded already. */
  readonly channels: readonly { readonly name: 'design' | 'diff' | 'feedback'; readonly text: string }[];
}

const about = {
  design: { heading: 'What the design says about security', language: 'markdown' },
  diff: { heading: 'What the code changes', language: 'diff' },
  feedback: { heading: 'What earlier reviews and audits found', language: 'markdown' },
} as const;

/** Bounds the whole where nobody bounded a channel. */
const longestChannel = 100_000;

/** Compares code with its design. */
export function redTeamPrompt({ target, channels }: RedTeamParts): string {
  return promptOf([
    [
      `# Your task: does the code of ${target} do what its design says?`,
      '',
      'Take each requirement that the design has on security, and look for the code that meets it, as an attacker would: ' +
        `where does the code do something else? ${changeNothing} ${untrusted}`,
    ].join('\n'),
    ...channels.map(({ name, text }) => {
      const { heading, language } = about[name];
      return [`# ${heading}`, dataText(text, longestChannel, 'it', language)].join('\n\n');
    }),
    redTeamForm,
  ]);
}

export const redTeamForm = [
  '# How to answer',
  '',
  'Your last message is the answer: one JSON object and nothing else; write it to no file. One finding for each requirement, `[]` only where the design has none:',
  '',
  '```json',
  JSON.stringify(
    {
      findings: [
        {
          id: 'RT1',
          sdd_section: 'heading in the design',
          sdd_requirement: 'what it requires',
          code_evidence: 'file:line, and what stands there',
          classification: 'CONFIRMED_DIVERGENCE',
          severity: 800,
          recommendation: 'what to do about it',
        },
      ],
    },
    null,
    2,
  ),
  '```',
  '',
  '`classification` and `severity`, a whole number, go together:',
  '',
  '- CONFIRMED_DIVERGENCE, 700 to 1000: the code does something else, and you can name the line.',
  '- PARTIAL_IMPLEMENTATION, 400 to 699: some of it is missing.',
  '- FULLY_IMPLEMENTED, 0: the code does what is required.',
].join('\n');
