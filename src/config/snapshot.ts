import path from 'node:path';
import type { GatedSettings } from '../domain/gated/settings.ts';
import { providerOf } from '../domain/models.ts';
import type { Provider, RunSettings, SandboxMode } from '../domain/settings.ts';
import type { Config } from './schema.ts';

export interface Overrides {
  /** `--model`. */
  readonly model?: string;
  /** `--sandbox=require`: `require`; `--no-sandbox`: `off`. */
  readonly sandbox?: SandboxMode;
  /** The checkout that a relative path in `agent.command` starts from; the worker stands elsewhere. */
  readonly root?: string;
}

/** The settings a run carries: the config as it is now, with what the command line says instead. */
export function snapshot(config: Config, overrides: Overrides = {}): RunSettings {
  const { agent, workspace, sprint, sandbox } = config;
  return {
    ...providerAndModel(config, overrides.model),
    sandbox: overrides.sandbox ?? (sandbox.enabled ? 'auto' : 'off'),
    sandboxKind: null,
    dockerSandboxes: sandbox.providers,
    agent: {
      maxParallel: agent.maxParallel,
      autoLabel: agent.autoLabel,
      autoPR: agent.autoPR,
      rebaseBeforeTask: agent.rebaseBeforeTask,
      updateWith: agent.updateWith,
      command: agent.command && rooted(agent.command, overrides.root),
      env: agent.env,
      timeoutMinutes: agent.timeoutMinutes,
      stallMinutes: agent.stallMinutes,
      maxAttempts: agent.maxAttempts,
      orphanMinutes: agent.orphanMinutes,
      hostLostMinutes: agent.hostLostMinutes,
      callsPerHour: agent.callsPerHour,
      verify: typeof agent.verify === 'string' ? ['sh', '-c', agent.verify] : agent.verify,
      budgetUsd: agent.budgetUsd,
      runBudgetUsd: agent.runBudgetUsd,
      prices: agent.prices,
    },
    workspace: { setup: workspace.setup, copy: workspace.copy },
    sprint: { stopOnFailure: sprint.stopOnFailure, workspace: sprint.workspace },
  };
}

/** Not the worktree's: an agent could change the program that its successor is. */
function rooted([program = '', ...args]: readonly string[], root: string | undefined): string[] {
  const isRelative = program.includes('/') && !path.isAbsolute(program);
  return [isRelative && root !== undefined ? path.join(root, program) : program, ...args];
}

const claudeDefault = 'opus';

interface Chosen {
  readonly provider: Provider;
  readonly model: string | null;
}

function providerAndModel({ ai }: Config, override: string | undefined): Chosen {
  if (override !== undefined) return { provider: providerOf(override, ai.provider), model: override };
  // A command may run any model: its name decides nothing there.
  if (ai.provider === 'command') return { provider: 'command', model: ai.model };
  if (ai.model !== null) return { provider: providerOf(ai.model, ai.provider), model: ai.model };
  return { provider: ai.provider, model: ai.provider === 'claude' ? claudeDefault : null };
}

/** What a gated run carries beside its other settings. Roles of which nothing is said work with `chosen`. */
export function gatedSnapshot(config: Config): GatedSettings {
  const { run_mode, red_team, post_pr, guardrails, dissent, roles, ai } = config;
  const { code_vs_design: design } = red_team;
  return {
    enabled: run_mode.enabled,
    plan: run_mode.plan,
    autoPush: run_mode.git.auto_push,
    limits: {
      sameIssue: run_mode.circuit_breaker.same_issue_threshold,
      noProgress: run_mode.circuit_breaker.no_progress_threshold,
      maxCycles: run_mode.defaults.max_cycles,
      timeoutHours: run_mode.defaults.timeout_hours,
    },
    callsPerHour: run_mode.rate_limiting.calls_per_hour,
    redTeam: {
      enabled: design.enabled,
      designDoc: design.design_doc,
      skipWithoutDesign: design.skip_if_no_sdd,
      severityThreshold: design.severity_threshold,
      maxCycles: design.max_cycles,
    },
    postPr: post_pr,
    guardrails,
    dissent: dissent.enabled,
    roles: Object.fromEntries(
      roleNames.flatMap((role) => {
        const agent = roleAgent(roles[role], ai.provider);
        return agent === null ? [] : [[role, agent]];
      }),
    ),
  };
}

const roleNames = ['implementer', 'reviewer', 'auditor', 'red-team', 'triage'] as const;

function roleAgent({ provider, model }: Config['roles']['reviewer'], fallback: Provider): Chosen | null {
  if (provider === null && model === null) return null;
  if (provider === null) return { provider: providerOf(model, fallback), model };
  return { provider, model: model ?? (provider === 'claude' ? claudeDefault : null) };
}
