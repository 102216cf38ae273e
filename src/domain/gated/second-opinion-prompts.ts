import { type PromptParts, repositorySection } from '../prompt.ts';
import { oneLine } from '../text.ts';
import { changeNothing } from './gate-prompts.ts';
import { dataText, diffSection, promptOf, type RoleTarget, targetSection, untrusted } from './prompt-parts.ts';

export interface SecondOpinionParts {
  readonly target: RoleTarget;
  /** base..branch. */
  readonly diff: string;
  readonly repository: PromptParts['repository'];
}

/** A second model scores what is known, and adds what it finds. The same ids go to both models. */
export function crossModelPrompt(
  parts: SecondOpinionParts & { readonly known: readonly { readonly id: string; readonly title: string }[] },
): string {
  return opinionPrompt(parts, 'score what is wrong with the work', parts.known, [
    'One JSON object. Score each finding that is known, under its id, and add your own under new ids (`M1`, `M2`, …):',
    '',
    '```json',
    JSON.stringify({ findings: [{ id: 'M1', title: 'what is wrong, in a line', score: 650 }] }),
    '```',
    '',
    '`score` is 0 to 1000: above 700 it must not be merged like this, below 400 it is not worth the time.',
  ]);
}

/** One round of the review of a pull request; `known` is what earlier rounds found. */
export function pullReviewPrompt(
  parts: SecondOpinionParts & { readonly known: readonly { readonly id: string; readonly title: string }[] },
): string {
  const example = {
    severity: 'HIGH',
    title: 'what is wrong, in a line',
    file: 'src/a.ts',
    reasoning: 'why it matters',
  };
  return opinionPrompt(parts, 'review the pull request', parts.known, [
    'One JSON object with what is not known yet, `{"findings":[]}` where there is nothing new:',
    '',
    '```json',
    JSON.stringify({ findings: [example] }),
    '```',
    '',
    '`severity` is CRITICAL, BLOCKER, HIGH, MEDIUM, LOW, PRAISE, REFRAME or SPECULATION. `reasoning` is never empty.',
  ]);
}

function opinionPrompt(
  { target, diff, repository }: SecondOpinionParts,
  task: string,
  known: readonly { readonly id: string; readonly title: string }[],
  form: readonly string[],
): string {
  const list = known.map(({ id, title }) => oneLine(`${id}: ${title}`)).join('\n');
  return promptOf([
    [`# Your task: ${task} on ${target.name}`, '', `Others made it. ${changeNothing}`].join('\n'),
    targetSection('What was asked', target),
    diffSection(
      'What was done',
      diff,
      `The whole is in your working directory: read there what you need. ${untrusted}`,
    ),
    list === '' ? '' : ['# What is known', untrusted, dataText(list, longestList, 'this list')].join('\n\n'),
    repositorySection(repository),
    ['# How to answer', '', 'Your last message is the answer; write it to no file.', ...form].join('\n'),
  ]);
}

const longestList = 20_000;
