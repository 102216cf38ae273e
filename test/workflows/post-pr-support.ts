import type { AttemptResult } from '../../src/activities/contract.ts';
import type { TestsRound } from '../../src/activities/post-pr/contract.ts';
import { type AuditFile, audit } from '../../src/domain/gated/post-pr-audit.ts';
import type { PostPrSettings } from '../../src/domain/gated/settings.ts';
import type { RunState } from '../../src/domain/run.ts';
import { shown } from './gated-support.ts';
import type { Calls } from './support.ts';

/** Validation switched on, with what a test says of it. */
export function validating(change: Partial<PostPrSettings> = {}) {
  const postPr: PostPrSettings = {
    ...{ enabled: true, audit: true, e2e: true, cross_model: false, review: false, auto_triage: true },
    ...change,
  };
  return { postPr } as const;
}

/** What the audit answers of files with these texts, all of them added. */
export function audited(files: Readonly<Record<string, string>>) {
  const list = Object.entries(files).map(([path, text]): AuditFile => {
    const lines = text.split('\n').map((_, index) => index + 1);
    return { path, text, added: new Set(lines) };
  });
  return { result: audit(list), unread: 0 };
}

export const secret = { 'a.ts': 'const password = "hunter22";' };
export const nit = { 'b.ts': 'console.log(1);' };

export function failedTests(test: string): TestsRound {
  const failures = [{ test, file: 'a.test.ts', type: 'AssertionError' }];
  return { result: { outcome: 'FAILED', failures }, runs: [{ command: 'npm test', exit_code: 1 }] };
}

/** What a model says. */
export function says(text: string): AttemptResult {
  return { session: null, costUsd: 0, durationMs: 1, outcome: 'answered', tampered: false, answer: text };
}

export const findings = (list: readonly object[]) => says(JSON.stringify({ findings: list }));

export function postPrOf(state: RunState) {
  const { post_pr } = shown(state);
  if (!post_pr) throw new Error('its draft was not validated');
  return post_pr;
}

/** What belongs to the validation: everything after the draft was opened first. */
export function afterDraft(calls: Calls): string[] {
  const from = calls.findIndex((call) => call.startsWith('draft '));
  const noise = /^(permit|labels|started|in-review|permit-returned|end|agent)\b/;
  return calls.slice(from + 1).filter((call) => !noise.test(call));
}
