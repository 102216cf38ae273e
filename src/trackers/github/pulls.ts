import { z } from 'zod';
import type { PullRequest } from '../../domain/issue.ts';
import { sameText } from '../text.ts';
import type { PullDraft } from '../tracker.ts';
import { type PullAnswer, pullAnswer, toPull } from './answers.ts';
import type { Call } from './client.ts';
import { alreadyExists } from './failures.ts';

interface Place {
  readonly owner: string;
  readonly repo: string;
}

interface Pulls {
  find(head: string, state: 'open' | 'all'): Promise<PullRequest | null>;
  put(draft: PullDraft, mayExist: boolean): Promise<PullRequest>;
}

export function createPulls(
  call: Call,
  place: Place,
  addLabels: (number: number, names: readonly string[]) => Promise<void>,
): Pulls {
  async function newest(head: string, state: 'open' | 'all'): Promise<PullAnswer | undefined> {
    const order = { sort: 'created', direction: 'desc', per_page: 10 } as const;
    const request = { ...place, ...order, state, head: `${place.owner}:${head}` };
    const found = await call(z.array(pullAnswer), async ({ rest }) => (await rest.pulls.list(request)).data);
    // GitHub answers with every pull request where it does not like the filter.
    return found.find((pull) => pull.head.ref === head);
  }

  function create({ head, base, title, body, draft }: PullDraft): Promise<PullAnswer> {
    const request = { ...place, head, base, title, body, draft };
    return call(pullAnswer, async ({ rest }) => (await rest.pulls.create(request)).data);
  }

  async function update(found: PullAnswer, { title, body }: PullDraft): Promise<PullAnswer> {
    if (sameText(found.title, title) && sameText(found.body ?? '', body)) return found;
    const request = { ...place, pull_number: found.number, title, body };
    return call(pullAnswer, async ({ rest }) => (await rest.pulls.update(request)).data);
  }

  async function createOrUpdate(draft: PullDraft): Promise<PullAnswer> {
    try {
      return await create(draft);
    } catch (failure) {
      const found = alreadyExists(failure) ? await newest(draft.head, 'open') : undefined;
      if (!found) throw failure;
      return update(found, draft);
    }
  }

  return {
    async find(head, state) {
      const found = await newest(head, state);
      return found ? toPull(found) : null;
    },
    async put(draft, mayExist) {
      const found = mayExist ? await newest(draft.head, 'open') : undefined;
      const pull = found ? await update(found, draft) : await createOrUpdate(draft);
      const present = new Set(pull.labels.map((name) => name.toLowerCase()));
      await addLabels(
        pull.number,
        draft.labels.filter((name) => !present.has(name.toLowerCase())),
      );
      return toPull(pull);
    },
  };
}
