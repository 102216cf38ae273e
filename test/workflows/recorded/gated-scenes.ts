import type { AgentRole, GatedTarget } from '../../../src/domain/gated/run-input.ts';
import { answer, halt, type ResumeGated, resumeGated, stop } from '../../../src/workflows/messages.ts';
import { bugInput, triaged } from '../bug-support.ts';
import { answered, commitOf, gatedInput, gatedScript, implemented, isState } from '../gated-support.ts';
import { audited, findings, nit, validating } from '../post-pr-support.ts';
import { type Calls, finished, type Script, type Stage, start, until } from '../support.ts';
import { haltedRun, type Scene } from './scenes.ts';

/** The scripts of plain runs and of gated ones; in these a reviewer finds the same three times before it approves. */
export function withGated(plain: Script, calls: Calls): Script {
  const gated = gatedScript(
    () => ({
      agents: {
        implementer: ({ n, cycle, request }) => implemented(isValidated(request) ? 10 + cycle : n),
        reviewer: ({ n, request }) => {
          if (isValidated(request)) return request.task.commitType === 'fix' ? findings([]) : answered('review');
          return answered('review', n <= 3 ? ['secret'] : []);
        },
        triage: () => triaged(risky),
      },
    }),
    calls,
  );
  const agent: Script['agent'] = (request, n, ended) => {
    const does = request.role && request.role.run !== haltedRun ? gated.agent : plain.agent;
    if (!does) throw new Error('nobody plays this agent');
    return does(request, n, ended);
  };
  const host = { ...gated.host, ...plain.host, ...validation() };
  return { ...plain, agent, host, tracker: { ...gated.tracker, ...plain.tracker } };
}

const validatedRun = 'run-20260101-0a11da7e';
const isValidated = ({ role }: { readonly role?: AgentRole }) => role?.run === validatedRun;

/** An audit that finds something which a fix step mends, and a build that fails once. */
function validation(): Script['host'] {
  let builds = 0;
  return {
    auditPull: async (_run, { commit }) => audited(commit === commitOf(11) ? nit : {}),
    async runTests() {
      builds += 1;
      const runs = [{ command: 'make build', exit_code: builds === 1 ? 2 : 0 }];
      return { result: { outcome: builds === 1 ? 'BUILD_FAILED' : 'PASSED' }, runs };
    },
    async keepRecords() {},
  };
}

const flags = { reset: false, probe: false, force: false };
const anew: { args: [ResumeGated] } = { args: [{ flags: { ...flags, reset: true } }] };

const risky = {
  evidence: {},
  suspected_files: [{ file: 'auth/login.ts', lines: '', confidence: 'high', reason: 'there' }],
};

export const gatedScenes: readonly Scene[] = [
  {
    name: 'gated target whose breaker opens, reset',
    async play(stage) {
      const runId = 'locus/acme/target/gated';
      const run = await start(stage, gatedInput(stage, { input: { runId, repoName: 'acme/target' } }));
      await until(run, isState('HALTED'));
      await run.executeUpdate(resumeGated, anew);
      await finished(run);
      const lock = 'locus/acme/target/issue/1';
      await stage.env.client.workflow.getHandle(lock).result();
      return [runId, lock];
    },
  },
  {
    name: 'gated target that a person halts, asked before it is pushed, stopped',
    async play(stage, calls) {
      const runId = 'locus/acme/asked/gated';
      const input = { runId, repoName: 'acme/asked' };
      const run = await start(stage, gatedInput(stage, { options: { push_mode: 'PROMPT' }, input }));
      await until(run, () => calls.includes('reviewer 1'));
      await run.signal(halt, { reason: 'night' });
      await until(run, (state) => state.gated?.question != null);
      await run.signal(stop, { reason: 'enough' });
      await finished(run);
      return [runId];
    },
  },
  {
    name: 'bug that a person confirms, whose risk halts it',
    async play(stage) {
      const runId = 'locus/acme/shop/bug/20260101-012345';
      const run = await start(stage, bugInput(stage, { input: { runId, repoName: 'acme/shop' } }));
      await until(run, (state) => state.gated?.question?.id === 'confirm');
      await run.executeUpdate(answer, { args: [{ value: 'yes' }] });
      await until(run, isState('HALTED'));
      await run.executeUpdate(resumeGated, { args: [{ flags, allowHigh: true }] });
      await until(run, isState('HALTED'));
      await run.executeUpdate(resumeGated, anew);
      await finished(run);
      return [runId];
    },
  },
  {
    name: 'gated target whose draft is validated, with a fix step and a halt',
    async play(stage) {
      const runId = 'locus/acme/validated/gated';
      const roles = { auditor: { provider: 'codex', model: null } } as const;
      const settings = { ...validating({ cross_model: true, review: true }), roles };
      const { gated, ...input } = gatedInput(stage, { settings, input: { runId, repoName: 'acme/validated' } });
      if (!gated) throw new Error('this is no gated run');
      const run = await start(stage, { ...input, gated: { ...gated, id: validatedRun } });
      await until(run, isState('HALTED'));
      await run.executeUpdate(resumeGated, anew);
      await finished(run);
      return [runId, `${runId}/post-pr`];
    },
  },
  {
    name: 'plan of two sprints, each of which halts once',
    async play(stage) {
      const runId = 'locus/acme/plan/gated';
      const run = await start(stage, planInput(stage, runId));
      for (const sprint of ['sprint-1', 'sprint-2']) {
        await until(run, ({ plan }) => plan?.plan.state === 'HALTED' && plan.plan.failure?.sprint === sprint);
        await run.executeUpdate(resumeGated, anew);
      }
      await finished(run);
      return [runId, `${runId}/sprint-1`, `${runId}/sprint-2`];
    },
  },
];

function planInput(stage: Stage, runId: string) {
  const { gated, tasks, ...rest } = gatedInput(stage, { input: { runId, repoName: 'acme/plan' } });
  if (!gated) throw new Error('this is no gated run');
  const sprints = [1, 2].map(
    (n): GatedTarget => ({ kind: 'issues', name: `sprint-${n}`, title: `Sprint ${n}`, issues: [n] }),
  );
  const { settings, mode, options, allowHigh } = gated;
  const given = { settings, mode, options, allowHigh };
  const plan = { ...given, id: 'plan-20260101-0123abcd', sprints, from: 1, to: 2, consolidate: true };
  return { ...rest, type: 'plan' as const, tasks: tasks.map((task) => ({ ...task, issue: 0 })), plan };
}
