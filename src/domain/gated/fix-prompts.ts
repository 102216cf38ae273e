import { instructionsSection, repositorySection } from '../prompt.ts';
import { dataText, findingLine, type PromptFinding, promptOf, untrusted } from './prompt-parts.ts';
import { rulesSection, type WorkParts, workSection } from './role-prompts.ts';

export interface FixAuditParts extends WorkParts {
  readonly findings: readonly PromptFinding[];
}

export interface FixE2eParts extends WorkParts {
  readonly command: string;
  readonly exitCode: number | null;
  readonly failures: readonly { readonly test: string; readonly file: string; readonly type: string }[];
  /** What the command printed; its end is what counts. */
  readonly output: string;
}

const longestList = 40_000;
const longestOutput = 20_000;

/** A fix step between two rounds of the audit after the pull request. */
export function fixAuditPrompt({ instructions, target, findings, diff, repository }: FixAuditParts): string {
  return promptOf([
    instructionsSection(instructions),
    [
      `# Task: mend what an audit of ${target.name} found`,
      `Mend each of these findings in the pull request’s own lines. ${untrusted}`,
      dataText(findings.map(findingLine).join('\n'), longestList, 'this list'),
    ].join('\n\n'),
    workSection(diff),
    repositorySection(repository),
    rulesSection(target, 'Mend these findings only; never by hiding them from a tool or a test.'),
  ]);
}

/** A fix step between two rounds of tests, in a session that knows nothing of those before. */
export function fixE2ePrompt(parts: FixE2eParts): string {
  const { instructions, target, command, exitCode, failures, output, diff, repository } = parts;
  const ended = exitCode === null ? 'did not end by itself' : `ended with exit code ${exitCode}`;
  const list = failures.map(({ test, file, type }) => [type, file, test].filter((text) => text !== '').join(' | '));
  return promptOf([
    instructionsSection(instructions),
    [
      `# Task: mend the tests of ${target.name}`,
      `The command below ${ended}. Find out why, and mend the cause. ${untrusted}`,
      dataText(command, longestOutput, 'the command'),
      ...(list.length === 0 ? [] : ['What failed:', dataText(list.join('\n'), longestOutput, 'this list')]),
      ...(output.trim() === '' ? [] : ['The end of what it printed:', dataText(ending(output), longestOutput, 'it')]),
    ].join('\n\n'),
    workSection(diff),
    repositorySection(repository),
    rulesSection(target, 'Mend the cause; never take out, skip or weaken a test to make it pass.'),
  ]);
}

function ending(text: string): string {
  const end = text.trimEnd();
  if (end.length <= longestOutput) return end;
  const from = end.indexOf('\n', end.length - longestOutput);
  return end.slice(from < 0 ? end.length - longestOutput : from + 1);
}
