import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { DraftRequest } from '../../src/activities/gated/contract.ts';
import { hostsQueue } from '../../src/workflows/messages.ts';
import { createWorker } from '../support/temporal.ts';
import { openChangedStage } from './changed-stage.ts';
import { type Change, gatedInput, gatedScript, type Play } from './gated-support.ts';
import { type Calls, openStage, type Script, type Stage, start } from './support.ts';

interface Scene {
  /** A module of `changed/` that its workflows run with. */
  readonly change?: string;
  /** Hosts are claimed, as in a fleet. */
  readonly fleet?: boolean;
  /** What a play does not say. */
  readonly tracker?: Script['tracker'];
}

/**
 * The stage of a file's gated runs, opened before its tests and closed after them. Each test begins with the usual play,
 * with no calls and no drafts yet, and with this host for whoever claims one.
 */
export function gatedStage({ change, fleet = false, tracker = {} }: Scene = {}) {
  const calls: Calls = [];
  const drafts: DraftRequest[] = [];
  let opened: { readonly stage: Stage; close(): Promise<void> };
  let leaveFleet = async () => {};
  const here = {
    calls,
    drafts,
    play: {} as Play,
    /** Who takes the next claim; the last one takes all that follow. */
    claims: [] as (() => string)[],
    get stage() {
      return opened.stage;
    },
    begin: (of: Change = {}) => start(opened.stage, gatedInput(opened.stage, of)),
  };
  const script = gatedScript(() => here.play, calls, drafts);

  beforeAll(async () => {
    const played = { ...script, tracker: { ...script.tracker, ...tracker } };
    opened = await (change === undefined ? openStage(played, calls) : openChangedStage(change, played, calls));
    if (!fleet) return;
    const claimWorkspace = async () => ({
      hostId: (here.claims.length > 1 ? here.claims.shift() : here.claims[0])?.(),
    });
    const claiming = await createWorker(opened.stage.env, { claimWorkspace }, { taskQueue: hostsQueue });
    const running = claiming.run();
    leaveFleet = async () => {
      claiming.shutdown();
      await running;
    };
  }, 60_000);

  afterAll(async () => {
    await leaveFleet();
    await opened.close();
  });

  beforeEach(() => {
    calls.length = 0;
    drafts.length = 0;
    here.play = {};
    here.claims = [() => opened.stage.hostId];
  });

  return here;
}
