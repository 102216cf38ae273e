import type { CommandAnswer } from './command-answer.ts';
import { dangerLevels, judgeDanger, judgeRole } from './danger.ts';
import { inputProblem } from './guard-input.ts';
import { defaultThreshold, detectInjection, parseThreshold } from './injection.ts';
import { redactPii } from './pii.ts';

/** `locus check injection [FILE] [--threshold <0..1>]`: 0 below the threshold, 1 detected, 2 usage. */
export function checkInjection(text: string, options: { readonly threshold?: string }): CommandAnswer {
  const threshold = options.threshold === undefined ? defaultThreshold : parseThreshold(options.threshold);
  if (threshold === null) {
    return usage(`--threshold is a number from 0 to 1, such as 0.7, not ${JSON.stringify(options.threshold)}`);
  }
  const problem = inputProblem(text);
  if (problem !== null) return usage(problem);
  const report = detectInjection(text, threshold);
  if (report.status === 'PASS') return answer(0, report);
  return answer(1, report, `the text looks like orders to a model: score ${report.score}, threshold ${threshold}`);
}

/** `locus check pii [FILE] [--anonymize] [--bug]`: 0 whatever was redacted, as it never blocks; 2 usage. */
export function checkPii(
  text: string,
  options: { readonly anonymize?: boolean; readonly bug?: boolean },
): CommandAnswer {
  const problem = inputProblem(text);
  if (problem !== null) return usage(problem);
  return answer(
    0,
    redactPii(text, { mode: options.anonymize ? 'anonymize' : 'redact', bugImport: options.bug ?? false }),
  );
}

/**
 * `locus check danger (<role> | --level <level>) [--mode autonomous|interactive] [--allow-high]`: 0 goes on, also with a
 * warning; 1 blocked; 2 usage. The mode is autonomous unless it is given.
 */
export function checkDanger(options: {
  readonly role?: string;
  readonly level?: string;
  readonly mode?: string;
  readonly allowHigh?: boolean;
}): CommandAnswer {
  const { role, level, mode = 'autonomous', allowHigh = false } = options;
  if (mode !== 'autonomous' && mode !== 'interactive') {
    return usage(`--mode is autonomous or interactive, not ${JSON.stringify(mode)}`);
  }
  if ((role === undefined) === (level === undefined)) {
    return usage(`give either a role or --level: ${dangerLevels.join(', ')}`);
  }
  const judgement = role === undefined ? judgeDanger(level ?? '', mode, allowHigh) : judgeRole(role, mode, allowHigh);
  const exitCode = judgement.action === 'BLOCK' ? 1 : 0;
  return answer(exitCode, judgement, judgement.action === 'PROCEED' ? '' : judgement.reason);
}

function answer(exitCode: 0 | 1, report: object, stderr = ''): CommandAnswer {
  return { exitCode, stdout: `${JSON.stringify(report)}\n`, stderr: stderr === '' ? '' : `${stderr}\n` };
}

function usage(problem: string): CommandAnswer {
  return { exitCode: 2, stdout: '', stderr: `${problem}\n` };
}
