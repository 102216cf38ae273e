import { oneLine } from '../text.ts';
import type { CommandAnswer } from './command-answer.ts';
import type { Gate } from './state.ts';
import { readVerdict } from './verdict.ts';

/** What `locus check verdict` is asked. */
export interface VerdictCheck {
  /** null: the file's name decides, and where it says nothing, the verdict itself. */
  readonly gate: Gate | null;
  /** A missing verdict is then as bad as a wrong one. */
  readonly required: boolean;
}

/** 0: consistent, and stdout is the verdict. 1: inconsistent, or missing although required. 2: no verdict. */
export function checkVerdict(text: string, file: string, check: VerdictCheck): CommandAnswer {
  const verdict = readVerdict(text, check.gate ?? gateOfFile(file));
  switch (verdict.kind) {
    case 'approved':
    case 'changes_required':
      return { exitCode: 0, stdout: `${verdict.trailer.verdict}\n`, stderr: '' };
    case 'inconsistent':
      return { exitCode: 1, stdout: '', stderr: told(file, verdict.reasons) };
    case 'missing':
      return { exitCode: check.required ? 1 : 2, stdout: '', stderr: told(file, verdict.reasons) };
  }
}

/** The gate whose artifact a file is by its name, as `review.md` or `audit-2.md`. */
export function gateOfFile(file: string): Gate | null {
  const name = file.split(/[/\\]/).at(-1)?.toLowerCase() ?? '';
  const [isReview, isAudit] = [/(?:^|[^a-z])review/.test(name), /(?:^|[^a-z])audit/.test(name)];
  if (isReview === isAudit) return null;
  return isReview ? 'review' : 'audit';
}

function told(file: string, reasons: readonly string[]): string {
  return reasons.map((reason) => `${oneLine(file)}: ${oneLine(reason)}\n`).join('');
}
