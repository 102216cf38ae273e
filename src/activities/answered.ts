import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { redact } from '../domain/redact.ts';
import type { RunContext } from '../domain/run.ts';
import { resolveCommit } from '../git/branches.ts';
import { cleanWorkspace } from '../git/clean.ts';
import { lookAt } from '../git/look.ts';
import { readHead } from '../git/place.ts';
import type { AttemptRequest, AttemptResult } from './contract.ts';
import type { Figures } from './delivered.ts';
import type { RunSecrets } from './deps.ts';
import { setFoundAside } from './found.ts';

/**
 * What a role that judges has said. Where no sandbox kept the workspace from it, the tree is compared with what it was
 * given, and put back.
 */
export async function answered(
  run: RunContext,
  request: AttemptRequest,
  given: {
    /** Of the attempt. */
    readonly dir: string;
    readonly figures: Figures;
    readonly text: string;
    readonly secrets: RunSecrets;
  },
): Promise<AttemptResult> {
  const { dir, figures, text, secrets } = given;
  const aside = await putBack(run, request, dir);
  if (aside !== null) return { ...figures, ...tampering(aside) };
  const answer = redact(text, secrets.token === null ? [] : [secrets.token]);
  return { ...figures, outcome: 'answered', answer, tampered: false };
}

/** What a role comes to that has changed what it judges, however it ended: nobody believes what it says. */
export function tampering(aside: string) {
  return { outcome: 'answered', answer: '', tampered: true, ...(aside === '' ? {} : { aside }) } as const;
}

/**
 * Gives the workspace back its commit. Answers null where an agent that only judges has not changed it, else the ref that
 * keeps what lay there, which may be a person's; empty: nothing had to be kept.
 */
export async function putBack(run: RunContext, request: AttemptRequest, dir: string): Promise<string | null> {
  const { workspace, startCommit, task } = request;
  const mark = path.join(dir, 'tampered');
  const head = await readHead(workspace, () => true).catch(() => null);
  const tip = await resolveCommit(workspace.repository, `refs/heads/${workspace.branch}`);
  const look = head === startCommit ? await lookAt(workspace, startCommit) : null;
  if (look === null || look.paths.length > 0 || tip !== startCommit) {
    // Cut off after the cleaning, the next one of us would see nothing.
    await writeFile(mark, '', { flag: 'a' });
    const aside = await setFoundAside(run, { workspace, start: startCommit, task });
    if (aside !== null) await writeFile(mark, aside);
    await cleanWorkspace(workspace, startCommit);
  }
  return readFile(mark, 'utf8').catch(() => null);
}
