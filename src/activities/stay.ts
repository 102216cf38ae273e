import { Context } from '@temporalio/activity';
import { readFile } from '../disk/at-once.ts';
import type { Repository } from '../domain/workspace.ts';
import { replaceFile } from '../git/place.ts';
import { claimNote } from '../git/remove.ts';
import type { Dependencies } from './deps.ts';

/**
 * Whether this workflow has had the workspace ever since it claimed this host. Then no other host has worked on its
 * branch meanwhile, and what was not pushed is its own.
 */
export async function hasStayed({ slots }: Dependencies, repository: Repository, name: string): Promise<boolean> {
  const claim = slots.claimOf(ownId());
  return claim !== null && claim === (await readFile(claimNote(repository, name), 'utf8').catch(() => null));
}

/** Comes after the branch was opened: done in part it is to be opened as at first. */
export async function noteStay({ slots }: Dependencies, repository: Repository, name: string): Promise<void> {
  const claim = slots.claimOf(ownId());
  if (claim !== null) await replaceFile(claimNote(repository, name), claim);
}

function ownId(): string {
  return Context.current().info.workflowExecution?.workflowId ?? '';
}
