import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../config/errno.ts';
import { LocusFailure } from '../domain/failures.ts';

const instructionsTemplate = `# Instructions for agents

Every agent that works on an issue of this repository gets this page at the start of its prompt. Replace the lines below
with what a new colleague would have to be told; a short page is read better than a long one.

## The project
What it does, for whom, and where things are.

## Commands
- Install:
- Test:
- Lint and format:

## Conventions
Language, style, names, where tests go, what a change must bring along (tests, docs, changelog).

## Leave alone
Files and folders that must not be changed, such as generated code.
`;

/** Writes `.locus/LOCUS.md` where there is none yet; the folder is there. */
export async function writeInstructions(root: string): Promise<boolean> {
  try {
    await writeFile(join(root, '.locus', 'LOCUS.md'), instructionsTemplate, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw unwritable('.locus/LOCUS.md', error);
  }
}

/** Lines of a .gitignore that cover the worktrees already. */
const covering = /^\/?\.locus(?:\/\*?|\/worktrees\/?)?$/;

/** Keeps the worktrees out of the person's commits. */
export async function ignoreWorktrees(root: string): Promise<boolean> {
  const path = join(root, '.gitignore');
  try {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return '';
      throw error;
    });
    if (text.split(/\r?\n/).some((line) => covering.test(line.trim()))) return false;
    const separator = text === '' || text.endsWith('\n') ? '' : '\n';
    await writeFile(path, `${text}${separator}.locus/worktrees/\n`);
    return true;
  } catch (error) {
    throw unwritable('.gitignore', error);
  }
}

function unwritable(file: string, error: unknown): LocusFailure {
  const reason = errnoOf(error) ?? String(error);
  return new LocusFailure(
    'RepositoryInvalid',
    `${file} cannot be written: ${reason}`,
    { remedy: 'make it writable' },
    error,
  );
}
