import type { Provider } from '../settings.ts';
import type { BreakerLimits } from './breaker.ts';
import type { GuardrailSettings } from './guardrails.ts';
import type { PostPrSwitches } from './post-pr.ts';
import type { Role } from './state.ts';

/** What the config says of gated runs, as a run carries it in its input. */
export interface GatedSettings {
  /** `run_mode.enabled`: without it no gated run starts. */
  readonly enabled: boolean;
  /** The plan document, relative to the repository's root. */
  readonly plan: string;
  /** `run_mode.git.auto_push`, see `pushMode`. */
  readonly autoPush: boolean | 'prompt';
  readonly limits: BreakerLimits;
  /** Phase starts in a clock hour, beside `agent.callsPerHour`. */
  readonly callsPerHour: number;
  readonly redTeam: RedTeamSettings;
  readonly postPr: PostPrSettings;
  readonly guardrails: GuardrailSettings & { readonly logging: boolean };
  /** A review by another model as well. */
  readonly dissent: boolean;
  readonly roles: Readonly<Partial<Record<Role, RoleAgent>>>;
}

/** `post_pr`: validation of the draft, once it is open. */
export interface PostPrSettings extends PostPrSwitches {
  readonly enabled: boolean;
  readonly auto_triage: boolean;
  /** What builds and tests the branch; null, or left out: what the repository shows. */
  readonly build_command?: string | null;
  readonly test_command?: string | null;
}

export interface RedTeamSettings {
  readonly enabled: boolean;
  /** The design document, relative to the repository's root. */
  readonly designDoc: string;
  /** Whether a run without that document goes on. */
  readonly skipWithoutDesign: boolean;
  /** From 0 to 1000: what counts at least as a reason for another cycle. */
  readonly severityThreshold: number;
  readonly maxCycles: number;
}

/** Who works as a role, where that is not `ai`. */
export interface RoleAgent {
  readonly provider: Provider;
  /** null: the provider's own default. */
  readonly model: string | null;
}

type Roles = GatedSettings['roles'];

/** Its own provider and model, else those that are usual. */
export function agentFor(roles: Roles, usual: RoleAgent, role: Role): RoleAgent {
  const { provider, model } = roles[role] ?? usual;
  return { provider, model };
}

/** Of the roles, the first that is not what the reviewer is; null: all are the same. */
export function secondModel(roles: Roles, usual: RoleAgent): RoleAgent | null {
  const reviewer = agentFor(roles, usual, 'reviewer');
  const others = (['auditor', 'red-team', 'triage', 'implementer'] as const).map((role) =>
    agentFor(roles, usual, role),
  );
  return others.find(({ provider, model }) => provider !== reviewer.provider || model !== reviewer.model) ?? null;
}
