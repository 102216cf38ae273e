import { addedLines } from '../../domain/gated/added-lines.ts';
import { type AuditFile, audit } from '../../domain/gated/post-pr-audit.ts';
import type { RunContext } from '../../domain/run.ts';
import { baseCommit } from '../../git/branches.ts';
import { git, gitUpTo, type Place } from '../../git/run.ts';
import type { AuditRequest, PullAudit } from './contract.ts';

const mostFiles = 2000;
const longestFile = 1024 * 1024;
const longestDiff = 32 * 1024 * 1024;
const mostFindings = 200;
/** Processes of git at once. */
const atOnce = 8;

/** What the rules find in the files that the branch changes beside its base. */
export async function auditPull(run: RunContext, { workspace, commit }: AuditRequest): Promise<PullAudit> {
  const place = { commonDir: workspace.repository.commonDir };
  const range = `${await baseCommit(workspace.repository, run.baseBranch, run.remote)}...${commit}`;
  const [changed, diff] = await Promise.all([
    changedFiles(place, range),
    gitUpTo(place, [...compared, '--unified=0', '--src-prefix=a/', '--dst-prefix=b/', range], longestDiff),
  ]);
  // Half a diff would let through what its other half adds.
  const added = diff.complete ? addedLines(diff.text) : null;
  const files: AuditFile[] = [];
  let unread = Math.max(0, changed.length - mostFiles);
  for (let from = 0; from < Math.min(changed.length, mostFiles); from += atOnce) {
    const some = changed.slice(from, Math.min(from + atOnce, mostFiles));
    const texts = await Promise.all(some.map(({ blob }) => textOf(place, blob)));
    some.forEach(({ path }, index) => {
      const text = texts[index];
      if (text == null) unread += 1;
      else files.push({ path, text, added: added && (added.get(path) ?? new Set()) });
    });
  }
  const result = audit(files);
  // What a person must see is not what is left out.
  const findings = result.findings.toSorted((a, b) => Number(a.fixable) - Number(b.fixable)).slice(0, mostFindings);
  return { result: { ...result, findings }, unread };
}

// A moved file's lines are not new. No program that an attribute or a setting names takes part.
const compared = ['diff', '-M', '--no-color', '--no-ext-diff', '--no-textconv', '--ignore-submodules=all'];

interface Changed {
  readonly path: string;
  readonly blob: string;
}

/** Plain files that are there afterwards; links and submodules hold no text of the repository. */
async function changedFiles(place: Place, range: string): Promise<Changed[]> {
  const said = await git(place, [...compared, '--raw', '-z', '--no-abbrev', '--diff-filter=d', range]);
  const entries = said.split('\0');
  const found: Changed[] = [];
  for (let at = 0; at < entries.length; ) {
    const [, mode = '', , blob = '', status = ''] = (entries[at] ?? '').split(' ');
    // A rename or a copy names the old path first.
    const paths = /^[RC]/.test(status) ? 2 : 1;
    const path = entries[at + paths];
    if (path && mode.startsWith('100')) found.push({ path, blob });
    at += paths + 1;
  }
  return found;
}

/** Null where it is too large to be looked through. A binary file is a text without lines that a rule would find. */
async function textOf(place: Place, blob: string): Promise<string | null> {
  const { text, complete } = await gitUpTo(place, ['cat-file', 'blob', blob], longestFile);
  return complete ? text : null;
}
