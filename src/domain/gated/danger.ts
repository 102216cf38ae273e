import type { Mode, Role } from './state.ts';

/** From harmless to what a person has to decide. */
export const dangerLevels = ['safe', 'moderate', 'high', 'critical'] as const;
export type DangerLevel = (typeof dangerLevels)[number];

export type GuardAction = 'PROCEED' | 'WARN' | 'BLOCK';

export interface DangerJudgement {
  /** As it was given: one that is no level is shown as it is. */
  readonly level: string;
  readonly mode: Mode;
  readonly action: GuardAction;
  /** `--allow-high` let something through that would have been blocked. */
  readonly override_used: boolean;
  /** For people and the record. */
  readonly reason: string;
}

const roleLevels = {
  implementer: 'moderate',
  reviewer: 'moderate',
  auditor: 'moderate',
  'red-team': 'moderate',
  triage: 'moderate',
} as const satisfies Record<Role, DangerLevel>;

const actions: Readonly<Record<Mode, Readonly<Record<DangerLevel, GuardAction>>>> = {
  interactive: { safe: 'PROCEED', moderate: 'PROCEED', high: 'WARN', critical: 'WARN' },
  autonomous: { safe: 'PROCEED', moderate: 'PROCEED', high: 'BLOCK', critical: 'BLOCK' },
};

/** A role that nobody registered is critical. */
export function dangerOf(role: string, levels: Readonly<Record<string, string>> = roleLevels): string {
  return Object.hasOwn(levels, role) ? (levels[role] ?? 'critical') : 'critical';
}

/** May something of this level go on? WARN in interactive mode: a person is asked. */
export function judgeDanger(level: string, mode: Mode, allowHigh = false): DangerJudgement {
  const judged = (action: GuardAction, reason: string, override_used = false): DangerJudgement => ({
    level,
    mode,
    action,
    override_used,
    reason,
  });
  if (!isLevel(level))
    return judged('BLOCK', `${JSON.stringify(level)} is no danger level: ${dangerLevels.join(', ')}`);
  if (level === 'high' && mode === 'autonomous' && allowHigh) return judged('WARN', 'high, let by --allow-high', true);
  const action = actions[mode][level];
  if (action === 'PROCEED') return judged(action, `${level} goes on in ${mode} mode`);
  if (action === 'WARN') return judged(action, `${level} asks a person in interactive mode`);
  const remedy = level === 'high' ? 'let it with --allow-high' : 'a person has to do it, in interactive mode';
  return judged(action, `${level} is blocked in autonomous mode: ${remedy}`);
}

/** The gate before a role starts. */
export function judgeRole(
  role: string,
  mode: Mode,
  allowHigh = false,
  levels: Readonly<Record<string, string>> = roleLevels,
): DangerJudgement {
  const judgement = judgeDanger(dangerOf(role, levels), mode, allowHigh);
  if (Object.hasOwn(levels, role)) return judgement;
  return { ...judgement, reason: `nobody registered the role ${JSON.stringify(role)}: ${judgement.reason}` };
}

function isLevel(level: string): level is DangerLevel {
  return (dangerLevels as readonly string[]).includes(level);
}
