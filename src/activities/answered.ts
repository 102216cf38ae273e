import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { redact } from '../domain/redact.ts';
import { cleanWorkspace } from '../git/clean.ts';
import { lookAt } from '../git/look.ts';
import { readHead } from '../git/place.ts';
import type { AttemptRequest, AttemptResult } from './contract.ts';
import type { Figures } from './delivered.ts';
import type { RunSecrets } from './deps.ts';

/**
 * What a role that judges has said. Where no sandbox kept the workspace from it, the tree is compared with what it was
 * given, and put back.
 */
export async function answered(
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
  const tampered = await putBack(request, dir);
  const answer = redact(text, secrets.token === null ? [] : [secrets.token]);
  return { ...figures, outcome: 'answered', answer, tampered };
}

/** Gives the workspace back its commit; answers whether an agent that only judges has changed it. */
export async function putBack({ workspace, startCommit }: AttemptRequest, dir: string): Promise<boolean> {
  const mark = path.join(dir, 'tampered');
  const head = await readHead(workspace, () => true).catch(() => null);
  const look = head === startCommit ? await lookAt(workspace, startCommit) : null;
  if (look === null || look.paths.length > 0) {
    // Cut off after the cleaning, the next one of us would see nothing.
    await writeFile(mark, '');
    await cleanWorkspace(workspace, startCommit);
  }
  return access(mark).then(
    () => true,
    () => false,
  );
}
