import { LocusFailure } from '../../domain/failures.ts';
import { pushMode } from '../../domain/gated/push-mode.ts';
import type { GatedSettings } from '../../domain/gated/settings.ts';
import type { TargetState } from '../../domain/gated/state.ts';
import { planTarget, targetName } from '../../domain/gated/target-name.ts';
import type { RunOptions } from '../run-options.ts';

/** `locus run … --gated` as it was typed. */
export interface GatedOptions extends RunOptions {
  readonly gated?: boolean;
  readonly maxCycles?: string;
  /** Hours. */
  readonly timeout?: string;
  readonly branch?: string;
  readonly local?: boolean;
  readonly confirmPush?: boolean;
  readonly autonomous?: boolean;
  readonly allowHigh?: boolean;
  readonly resetBreaker?: boolean;
  /** Its old name. */
  readonly resetIce?: boolean;
  readonly probe?: boolean;
  /** Of a plan. */
  readonly from?: string;
  readonly to?: string;
  /** `--no-consolidate`: false. */
  readonly consolidate?: boolean;
  /** `--bug`, with a text or without one. */
  readonly bug?: string | boolean;
  readonly fromIssue?: string;
}

/** Flags that mean something for gated runs alone, as they are typed. */
const ownFlags = {
  maxCycles: '--max-cycles',
  timeout: '--timeout',
  branch: '--branch',
  local: '--local',
  confirmPush: '--confirm-push',
  autonomous: '--autonomous',
  allowHigh: '--allow-high',
  resetBreaker: '--reset-breaker',
  resetIce: '--reset-ice',
  probe: '--probe',
  from: '--from',
  to: '--to',
} as const;

/** A plain run would not do what these ask for. */
export function refuseGatedFlags(options: GatedOptions): void {
  const name = (Object.keys(ownFlags) as (keyof typeof ownFlags)[]).find((each) => options[each] !== undefined);
  const given = name === undefined ? ofPlan(options) : ownFlags[name];
  if (given === undefined) return;
  throw new LocusFailure('UsageInvalid', `${given} is for gated runs`, { remedy: 'add --gated' });
}

/** Nor would a run that begins, or one that is not of a plan. `target`: what it was asked for. */
export function refuseIdleFlags(options: GatedOptions, target: string): void {
  const ofResume = (['resetBreaker', 'resetIce', 'probe'] as const).find((name) => options[name] !== undefined);
  if (ofResume !== undefined) {
    const flag = ownFlags[ofResume];
    throw new LocusFailure('UsageInvalid', `${flag} goes with --resume`, { remedy: `\`locus resume ${flag}\`` });
  }
  const given = ofPlan(options);
  if (given === undefined || target === planTarget) return;
  throw new LocusFailure('UsageInvalid', `${given} is for a plan`, {
    remedy: `\`locus run ${planTarget} ${given} …\``,
  });
}

function ofPlan({ from, to, consolidate }: GatedOptions): string | undefined {
  if (from !== undefined) return ownFlags.from;
  if (to !== undefined) return ownFlags.to;
  return consolidate === false ? '--no-consolidate' : undefined;
}

/** Whether a run is a gated one: it was said, or its target is always one. */
export function isGated(options: Pick<GatedOptions, 'gated' | 'issues' | 'bug' | 'fromIssue'>): boolean {
  return Boolean(options.gated) || options.issues.includes(planTarget) || isBug(options);
}

export function isBug({ bug, fromIssue }: Pick<GatedOptions, 'bug' | 'fromIssue'>): boolean {
  return bug !== undefined || fromIssue !== undefined;
}

/** `--from` and `--to`; left out where they were not given. */
export function rangeOf({ from, to }: GatedOptions): { readonly from?: number; readonly to?: number } {
  return {
    ...(from === undefined ? {} : { from: sprintNumber('--from', from) }),
    ...(to === undefined ? {} : { to: sprintNumber('--to', to) }),
  };
}

/** The one target that was named. */
export function targetOf({ issues, sprint }: GatedOptions): string {
  const [target, ...more] = issues;
  const remedy = '`locus run sprint-1 --gated` or `locus run 42 --gated`';
  if (sprint !== undefined)
    throw new LocusFailure('UsageInvalid', '--sprint and --gated cannot be used together', { remedy });
  if (target === undefined) throw new LocusFailure('UsageInvalid', 'a gated run needs a target', { remedy });
  if (more.length > 0) throw new LocusFailure('UsageInvalid', 'a gated run has one target', { remedy });
  const name = targetName(target);
  if (name !== null) return name;
  throw new LocusFailure('UsageInvalid', `${JSON.stringify(target)} is no target of a gated run`, { remedy });
}

/** The options that a run keeps; `note`: what a person is told once, or null. */
export function optionsOf(
  options: GatedOptions,
  settings: GatedSettings,
): { readonly kept: TargetState['options']; readonly note: string | null } {
  const { local = false, confirmPush = false } = options;
  const { mode, note } = pushMode({ local, confirmPush }, settings.autoPush);
  const { maxCycles, timeoutHours } = settings.limits;
  return {
    kept: {
      max_cycles: options.maxCycles === undefined ? maxCycles : wholeNumber('--max-cycles', options.maxCycles),
      timeout_hours: options.timeout === undefined ? timeoutHours : hours(options.timeout),
      dry_run: options.dryRun ?? false,
      local_mode: mode === 'LOCAL',
      confirm_push: mode === 'PROMPT',
      push_mode: mode,
    },
    note,
  };
}

function wholeNumber(flag: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new LocusFailure('UsageInvalid', `${flag} takes a whole number of at least 1, not ${JSON.stringify(text)}`);
}

function sprintNumber(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new LocusFailure('UsageInvalid', `${flag} takes the number of a sprint, not ${JSON.stringify(text)}`);
}

function hours(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}(?:\.\d{1,4})?$/.test(text) && value > 0) return value;
  throw new LocusFailure('UsageInvalid', `--timeout takes a number of hours above 0, not ${JSON.stringify(text)}`);
}
