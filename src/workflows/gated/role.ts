import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import type { AttemptResult } from '../../activities/contract.ts';
import type { PromptAbout } from '../../activities/gated/contract.ts';
import type { RedTeamRecord } from '../../domain/gated/red-team.ts';
import type { AgentRole } from '../../domain/gated/run-input.ts';
import { agentFor, type RoleAgent } from '../../domain/gated/settings.ts';
import type { Role } from '../../domain/gated/state.ts';
import { attempt, limitOver } from '../attempt.ts';
import { type Budget, spentFailure } from '../budget.ts';
import { PhaseCut, type Run } from '../run.ts';
import type { Tools } from '../tools.ts';
import type { TrackerWrites } from '../tracker-writes.ts';
import { opened } from './open.ts';
import { step, TimeUp } from './step.ts';
import type { Target } from './target.ts';
import { timerOf } from './time.ts';

/** What a gated run works with. */
export interface GatedBench {
  readonly run: Run;
  readonly tools: Tools;
  readonly writes: TrackerWrites;
  readonly budget: Budget;
  readonly target: Target;
  /** The plan that it is a sprint of: its workflow's id. */
  readonly plan: string | null;
}

/** What became of a role. */
export type RoleEnd =
  | Extract<AttemptResult, { readonly outcome: 'done' | 'answered' }>
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'nothing'; readonly record: RedTeamRecord }
  | { readonly outcome: 'time_up' }
  /** One that judges has changed the workspace. */
  | { readonly outcome: 'tampered'; readonly detail: string }
  | { readonly outcome: 'failed'; readonly detail: string; readonly exitCode?: number };

/** How often one that somebody else has ended is started again. */
const mostLosses = 5;

interface CallOptions {
  readonly agent?: RoleAgent;
  readonly maxAttempts?: number;
  readonly artifact?: string;
}

/** Starts agents of a role until one has done its part, at most `agent.maxAttempts` of them where nothing else is said. */
export async function callRole(
  bench: GatedBench,
  name: Role,
  about: PromptAbout,
  options: CallOptions = {},
): Promise<RoleEnd> {
  try {
    return await called(bench, name, about, options);
  } catch (error) {
    if (error instanceof TimeUp) return { outcome: 'time_up' };
    throw error;
  }
}

async function called(bench: GatedBench, name: Role, about: PromptAbout, options: CallOptions): Promise<RoleEnd> {
  const { run, tools, budget, target } = bench;
  const { agent = agentOf(bench, name), maxAttempts = run.input.settings.agent.maxAttempts, artifact } = options;
  const role = { ...roleOf(bench, name), ...agent, ...(artifact === undefined ? {} : { artifact }) };
  run.update(target.issue, { session: null });
  const isHaltWanted = () => run.haltWanted !== null;
  for (let failures = 0, losses = 0; ; ) {
    const { workspace } = await opened(bench);
    const allowance = await budget.reserve(target.issue);
    if (allowance.kind === 'spent') return { outcome: 'failed', detail: spentFailure(allowance).message };
    const request = {
      gated: target.context,
      task: run.specOf(target.issue),
      role,
      workspace,
      commit: target.tip,
      about,
    };
    const prompt = await step(run, target, `prompt of the ${name}`, (summary) =>
      tools.onHost(({ host }) => host.writePrompt.executeWithOptions({ summary }, [run.context, request])),
    );
    if (prompt.kind === 'refused') return { outcome: 'refused', reason: prompt.reason };
    if (prompt.kind === 'nothing') return { outcome: 'nothing', record: prompt.record };

    const ready = { workspace, startCommit: target.tip, prompt, start: null };
    const timer = timerOf(target);
    const allowanceUsd = allowance.kind === 'granted' ? allowance.usd : null;
    const result = await attempt(run, tools, {
      issue: target.issue,
      ready,
      allowanceUsd,
      role,
      isOver: timer.isOver,
      outside: timer.outside,
    }).finally(timer.end);
    await budget.settle(target.issue);
    // What was made until now is kept: it is in the tree, or on the branch.
    if (result.outcome === 'done') return result;
    if (result.outcome === 'answered' && !result.tampered) return result;
    if (result.outcome === 'answered' && !run.stopping) return tampered(name, result.aside);
    await run.checkpoint();
    if (timer.isOver()) return { outcome: 'time_up' };
    switch (result.outcome) {
      case 'failed':
        failures += 1;
        if (!result.retry || failures >= maxAttempts) {
          const { failure, exitCode } = result;
          return { outcome: 'failed', detail: failure.message, ...(exitCode === undefined ? {} : { exitCode }) };
        }
        if (!result.killed) run.update(target.issue, { session: null });
        break;
      case 'limited':
        await target.outsideOfTime(limitOver(run, target.issue, result.until, role.provider, isHaltWanted));
        break;
      case 'ended':
        losses += 1;
        if (losses >= mostLosses) return { outcome: 'failed', detail: `the ${name} was ended from outside` };
        break;
      case 'overspent':
        break;
    }
    // It has ended without a result: no other one is paid for, nor waited for, before the run halts.
    if (run.haltWanted !== null) throw new PhaseCut(run.haltWanted);
  }
}

function tampered(name: Role, aside: string | undefined): RoleEnd {
  const where = aside === undefined ? '' : `: what lay there is on ${aside}`;
  return { outcome: 'tampered', detail: `the ${name} has changed the workspace${where}` };
}

/** Its own provider and model, else those of the run. */
export function agentOf({ run, target }: GatedBench, name: Role): RoleAgent {
  return agentFor(target.input.settings.roles, run.input.settings, name);
}

function roleOf({ target }: GatedBench, name: Role): Omit<AgentRole, keyof RoleAgent> {
  const asked = target.context.target;
  const work = asked.kind === 'bug' ? (asked.sprint?.id ?? asked.name) : asked.name;
  const scope = work.startsWith('sprint-') ? work : null;
  const log = target.context.guardrails.logging ? {} : ({ unlogged: true } as const);
  return { run: target.input.id, name, cycle: target.loop.cycle, scope, ...log };
}

/** A step that was refused or failed for good: what it says halts the run. Anything else unwinds it, or is a fault of ours. */
export function isKnown(error: unknown): boolean {
  return error instanceof ActivityFailure && !isCancellation(error);
}
