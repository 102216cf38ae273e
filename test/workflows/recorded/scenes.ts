import { asFailure } from '../../../src/domain/failures.ts';
import { issueRunId } from '../../../src/domain/run-id.ts';
import { acquire, giveBack, halt, lift, limitMet, resume, resumeGated, stop } from '../../../src/workflows/messages.ts';
import { answered, gatedInput, gatedScript, implemented, type Play, untilEnded } from '../gated-support.ts';
import { inputOf } from '../input.ts';
import {
  type Calls,
  done,
  failed,
  finished,
  limited,
  overspent,
  type Script,
  type Stage,
  start,
  until,
} from '../support.ts';

type Change = Parameters<typeof inputOf>[1];

/** What the agents and tools of all scenes do; an issue's number says what becomes of it. `n` counts its agents. */
export function scriptOf(refuse: (name: string) => void): Script {
  const asked = new Set<string>();
  const gated = gatedScript(() => gatedPlay, []);
  return {
    async agent(request, n, ended) {
      const { issue } = request.task;
      if (request.role && gated.agent) return gated.agent(request, n, ended);
      if (issue === 11 && n === 1) return limited(Date.now() + 500);
      if (issue === 12 && n === 1) return overspent(3.2);
      if (issue === 2 && n === 1) return failed('no', { retry: false });
      if (issue === 4 && n === 1) return failed('killed', { killed: true });
      if (issue === 5 && n === 1) return failed('not yet');
      if (issue !== 9 && issue !== 19 && (issue !== 3 || n > 1)) return done;
      await ended;
      return { outcome: 'ended', session: 's-1', costUsd: 0.5, durationMs: 1 };
    },
    tracker: gated.tracker,
    host: {
      ...gated.host,
      async pushBranch(_run, { branch }) {
        if (branch === 'locus/issue-7') refuse(branch);
      },
    },
    shared: {
      async acquirePermit({ attemptId }) {
        const waits = attemptId.split('-')[1] === '6' && !asked.has(attemptId);
        asked.add(attemptId);
        return { at: Date.now() + (waits ? 1_000 : 0), limited: false };
      },
    },
  };
}

/** The course of one run. `ids` are the workflows whose histories are worth keeping. */
export interface Scene {
  readonly name: string;
  readonly play: (stage: Stage, calls: Calls) => Promise<readonly string[]>;
}

export const scenes: readonly Scene[] = [
  {
    name: 'sprint that fails, halts, waits, goes on and continues as new',
    async play(stage, calls) {
      const sprint = await begin(stage, 'sprint', { issues: [1, 2, 3, 4, 5, 6, 8, 10] });
      await until(sprint, (state) => state.status === 'halted');
      await sprint.signal(resume);
      await until(sprint, () => calls.includes('agent 3'));
      await sprint.signal(halt, { reason: 'night' });
      await until(sprint, (state) => state.halt?.reason === 'night');
      await sprint.signal(resume);
      await finished(sprint);
      return [sprint.workflowId];
    },
  },
  {
    name: 'sprint that is stopped',
    async play(stage, calls) {
      const sprint = await begin(stage, 'stopped', { issues: [1, 9] });
      await until(sprint, () => calls.includes('agent 9'));
      await sprint.signal(stop, { reason: 'enough' });
      await finished(sprint);
      return [sprint.workflowId];
    },
  },
  {
    name: 'sprint of a remote, whose issues may fail',
    async play(stage) {
      const source = { kind: 'remote', url: 'https://tracker.test/acme/remote.git' } as const;
      const sprint = await begin(stage, 'remote', { issues: [2, 1], stopOnFailure: false, input: { source } });
      await finished(sprint);
      return [sprint.workflowId];
    },
  },
  {
    name: 'sprint of a remote, whose host is lost',
    async play(stage) {
      const source = { kind: 'remote', url: 'https://tracker.test/acme/lost.git' } as const;
      const sprint = await begin(stage, 'lost', { issues: [1], agent: { hostLostMinutes: 0.02 }, input: { source } });
      await finished(sprint);
      return [sprint.workflowId];
    },
  },
  {
    name: 'parallel run that halts and goes on',
    async play(stage, calls) {
      const issues = [1, 2, 3, 4];
      const parallel = await begin(stage, 'parallel', { type: 'parallel', issues, agent: { maxParallel: 2 } });
      await until(parallel, () => calls.includes('agent 3'));
      await parallel.signal(halt, { reason: 'night' });
      await until(parallel, (state) => state.status === 'halted');
      await parallel.signal(resume);
      await finished(parallel);
      return [parallel.workflowId, ...issues.map((issue) => `locus/acme/parallel/issue/${issue}`)];
    },
  },
  {
    name: 'parallel run that is stopped',
    async play(stage, calls) {
      const issues = [9, 19, 1];
      const parallel = await begin(stage, 'ended', { type: 'parallel', issues, agent: { maxParallel: 2 } });
      await until(parallel, () => calls.includes('agent 9') && calls.includes('agent 19'));
      await parallel.signal(stop, { reason: 'enough' });
      await finished(parallel);
      return [parallel.workflowId, 'locus/acme/ended/issue/9', 'locus/acme/ended/issue/19'];
    },
  },
  {
    name: 'issue by itself',
    async play(stage) {
      const issue = await begin(stage, 'single', { type: 'issue', issues: [1] });
      await finished(issue);
      return [issue.workflowId];
    },
  },
  {
    name: 'issue whose push is refused, then resumed',
    async play(stage) {
      const issue = await begin(stage, 'refused', { type: 'issue', issues: [7] });
      await until(issue, (state) => state.status === 'halted');
      await issue.signal(resume);
      await finished(issue);
      return [issue.workflowId];
    },
  },
  {
    name: 'parallel run that meets a usage limit and spends its budget',
    async play(stage) {
      const issues = [11, 12, 13];
      const agent = { maxParallel: 2, budgetUsd: 2, runBudgetUsd: 3 };
      const parallel = await begin(stage, 'spent', { type: 'parallel', issues, agent });
      await until(parallel, (state) => state.status === 'halted');
      await parallel.signal(resume, { budgets: { taskUsd: 5, runUsd: 10 } });
      await finished(parallel);
      return [parallel.workflowId, ...issues.map((issue) => `locus/acme/spent/issue/${issue}`)];
    },
  },
  {
    name: 'gated target that is halted, goes on, and opens its breaker',
    async play(stage) {
      const { gated, ...input } = gatedInput(stage, { options: { max_cycles: 2 } });
      if (!gated) throw new Error('this is no gated run');
      const own = { repoName: 'acme/gated', runId: 'locus/acme/gated/gated', gated: { ...gated, id: haltedRun } };
      const target = await start(stage, { ...input, ...own });
      await until(target, (state) => state.gated?.run.phase === 'REVIEW' && state.tasks[0]?.phase === 'working');
      await target.signal(halt, { reason: 'night', force: true });
      await until(target, (state) => state.status === 'halted');
      const flags = { reset: false, probe: false, force: false };
      await target.executeUpdate(resumeGated, { args: [{ flags }] });
      await until(target, (state) => state.gated?.circuit_breaker.state === 'OPEN' && state.status === 'halted');
      await target.executeUpdate(resumeGated, { args: [{ flags: { ...flags, probe: true } }] });
      await finished(target);
      return [target.workflowId];
    },
  },
  {
    name: 'gate of an account',
    async play({ env, queue }) {
      const gate = await env.client.workflow.start('accountGate', { workflowId: gateId, taskQueue: queue, args: [] });
      const ask = (attemptId: string) =>
        gate.executeUpdate(acquire, { args: [[{ attemptId, runId: 'nobody', perHour: 1_000 }]] });
      for (let n = 0; n < 40; n += 1) await ask(`a-${n}`);
      await gate.signal(giveBack, { attemptId: 'a-1' });
      await gate.executeUpdate(limitMet, { args: [{ attemptId: 'a-2', runId: 'nobody', until: null }] });
      await ask('last');
      await gate.executeUpdate(lift);
      return [gateId];
    },
  },
];

const gateId = 'locus/account/command';

/** The reviewer is cut once, then finds something twice. */
/** The gated run whose agents this file plays; those of the others are in gated-scenes.ts. */
export const haltedRun = 'run-20260101-00a17ed0';

const gatedPlay: Play = {
  agents: {
    implementer: ({ n }) => implemented(n),
    reviewer: (turn) => (turn.n === 1 ? untilEnded(turn) : answered('review', turn.n < 4 ? [`r${turn.n}`] : [])),
  },
};

/** The failure that halts a run until a person has acted. */
export const refusal = asFailure('CredentialsRefused', 'the remote refused the credentials');

async function begin(stage: Stage, name: string, change: Change) {
  const { issues } = change;
  const input = inputOf(stage, change);
  const runId =
    input.type === 'issue' ? issueRunId(`acme/${name}`, issues[0] ?? 0) : `locus/acme/${name}/${input.type}/s`;
  return start(stage, { ...input, repoName: `acme/${name}`, runId });
}
