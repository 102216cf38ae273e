import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { halt, resumeGated } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { commitOf, implemented, roles, shown } from './gated-support.ts';
import { audited, nit, postPrOf, validating } from './post-pr-support.ts';
import { goOn } from './resumptions.ts';
import { finished, type Handle, isHalted, until } from './support.ts';

// A minute of these runs takes six seconds, see changed/brisk.ts.

const here = gatedStage({ change: 'brisk' });
const { calls, drafts } = here;

const fix = commitOf(2);
const person = (handle: Handle) => handle.signal(halt, { reason: 'lunch' });

/** What keeps a fix step's commit from being pushed, and what the run says of that. */
const obstacles: [string, () => Promise<never>, (handle: Handle) => Promise<void>, RegExp, number][] = [
  ['a halt while its push is not answered', () => Promise.reject(new Error('nobody answers')), person, /^lunch$/, 2],
  [
    'a push that is refused',
    () => Promise.reject(ApplicationFailure.nonRetryable('not like this', 'PushRefused')),
    async () => {},
    /^audit_error: not like this$/,
    // It is refused again: the draft stays.
    1,
  ],
];

test.each(obstacles)(
  '%s leaves a fix step’s commit that the draft names as unseen, and that the gates judge after a resume',
  async (_what, obstacle, meanwhile, reason, written) => {
    let isAway = true;
    here.play = {
      agents: { implementer: ({ cycle }) => implemented(cycle) },
      host: {
        auditPull: async (_run, { commit }) => audited(commit === fix ? {} : nit),
        pushBranch: (_run, { commit }) => (commit === fix && isAway ? obstacle() : Promise.resolve()),
      },
    };
    const handle = await here.begin({ settings: validating() });
    await until(handle, () => calls.includes(`push ${fix}`));
    await meanwhile(handle);
    const state = await until(handle, ({ gated }) => gated?.run.state === 'HALTED');
    expect(shown(state).run.halt?.reason).toMatch(reason);
    expect(postPrOf(state)).toMatchObject({ state: 'HALTED', fix_commits: [fix] });
    await until(handle, isHalted);
    isAway = false;
    await until(handle, () => drafts.length === written);
    for (const { body } of drafts.slice(1)) expect(body).toMatch(/have not seen them:\n\n- `c000000`/);
    const before = roles(calls).length;
    await handle.executeUpdate(resumeGated, goOn);
    const end = await finished(handle);
    expect(shown(end).run.state).toBe('READY_FOR_HITL');
    expect(roles(calls).slice(before)).toEqual(['reviewer 1', 'auditor 1']);
    // What the gates have seen by then needs no mention.
    expect(postPrOf(end).fix_commits ?? []).toEqual([]);
    expect(end.tasks[0]?.commit).toBe(fix);
    expect(drafts.at(-1)?.body).not.toContain('have not seen them');
  },
  60_000,
);
