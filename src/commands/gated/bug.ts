import { randomBytes } from 'node:crypto';
import { text as allOf } from 'node:stream/consumers';
import { LocusFailure } from '../../domain/failures.ts';
import { bugId } from '../../domain/gated/bug-id.ts';
import { inputProblem } from '../../domain/gated/guard-input.ts';
import { redactPii } from '../../domain/gated/pii.ts';
import type { BugTarget } from '../../domain/gated/run-input.ts';
import { cut, oneLine } from '../../domain/text.ts';
import type { Tracker } from '../../trackers/tracker.ts';
import { terminalAsk } from '../ask.ts';
import type { GatedOptions } from './flags.ts';

/** Where a bug is told of. */
export type BugSource = { readonly text: string } | { readonly issue: number };

const remedy = '`locus run --bug "what is wrong"`, or `locus run --bug --from-issue 42`';

/** `--bug`: what was typed, what stdin holds for `-`, an issue, or what a person says in the terminal. */
export async function bugSource(options: GatedOptions): Promise<BugSource> {
  const { bug, fromIssue, issues, sprint, resume } = options;
  const wrong = (problem: string, way = remedy) => new LocusFailure('UsageInvalid', problem, { remedy: way });
  if (bug === undefined) throw wrong('--from-issue belongs to --bug');
  if (resume) throw wrong('--bug and --resume cannot be used together', 'name the run: `locus resume <run>`');
  if (issues.length > 0 || sprint !== undefined) throw wrong('--bug takes no other target');
  if (fromIssue !== undefined && typeof bug === 'string') throw wrong('a bug has one source, a text or an issue');
  if (fromIssue !== undefined) {
    if (/^#?[1-9]\d{0,8}$/.test(fromIssue)) return { issue: Number(fromIssue.replace('#', '')) };
    throw wrong(`--from-issue takes the number of an issue, not ${JSON.stringify(fromIssue)}`);
  }
  const told = typeof bug === 'string' ? bug : await terminalAsk()?.('What is wrong?');
  const text = (told === '-' ? await allOf(process.stdin) : (told ?? '')).trim();
  if (text === '') throw wrong('nothing is said of the bug');
  const problem = inputProblem(text);
  if (problem !== null) throw wrong(problem, 'shorten it');
  return { text };
}

/** The bug as its run is given it, under a new id. */
export async function findBug(source: BugSource, tracker: Tracker): Promise<BugTarget> {
  const number = 'issue' in source ? source.issue : null;
  const name = bugId(new Date().toISOString(), randomBytes(3).toString('hex'), number);
  if ('text' in source) return { kind: 'bug', name, title: titleOf(source.text), issue: null, text: source.text };
  const issue = await tracker.getIssue(source.issue);
  if (issue.state === 'open') return { kind: 'bug', name, title: titleOf(issue.title), issue: issue.number, text: '' };
  throw new LocusFailure('IssueInvalid', `issue #${issue.number} is closed`, {
    remedy: 'reopen it on the tracker, or choose another',
  });
}

/** It is shown where anybody may read it. */
function titleOf(text: string): string {
  const [first = ''] = text.trim().split('\n');
  return cut(oneLine(redactPii(first, { bugImport: true }).text), 120);
}
