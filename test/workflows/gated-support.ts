import type { AttemptRequest, AttemptResult } from '../../src/activities/contract.ts';
import type { BranchFacts, DraftRequest } from '../../src/activities/gated/contract.ts';
import { parseConfig } from '../../src/config/load.ts';
import { gatedSnapshot } from '../../src/config/snapshot.ts';
import { bugDocument } from '../../src/domain/gated/micro-sprint.ts';
import { audit } from '../../src/domain/gated/post-pr-audit.ts';
import type { GatedSettings } from '../../src/domain/gated/settings.ts';
import type { Finding, Gate, Mode, Role, TargetState } from '../../src/domain/gated/state.ts';
import { triageStep } from '../../src/domain/gated/triage.ts';
import type { RunInput, RunState } from '../../src/domain/run.ts';
import type { RunSettings } from '../../src/domain/settings.ts';
import { triaged } from './bug-support.ts';
import { inputOf } from './input.ts';
import type { Calls, Script, Stage } from './support.ts';

/** One start of a role's agent. */
export interface Turn {
  readonly request: AttemptRequest;
  readonly cycle: number;
  /** Counts the starts of that role in that run. */
  readonly n: number;
  readonly ended: Promise<void>;
}

/** What happens in a run; left out: an implementer commits, gates approve, and all else succeeds. */
export interface Play extends Omit<Script, 'agent'> {
  readonly agents?: Partial<Record<Role, (turn: Turn) => AttemptResult | Promise<AttemptResult>>>;
}

const figures = { session: null, costUsd: 0, durationMs: 1 };
const fakes = { path: '/r/w/w', name: 'w', mode: 'worktree', adminDir: null, indexFile: null } as const;
const repository = { root: '/r', commonDir: '/r/.git', bare: false, worktreesDir: '/r/w', privateDir: '/p' };

export const base = 'a'.repeat(40);
export const commitOf = (n: number) => `c${String(n).padStart(39, '0')}`;
export const oneFile: BranchFacts = { files: 1, commits: 1, changed: 1, deleted: [], added: [], lines: 0, log: [] };

export function implemented(n: number): AttemptResult {
  return { ...figures, outcome: 'done', commit: commitOf(n), summary: 'did it' };
}

export function answered(gate: Gate, rules: readonly string[] = []): AttemptResult {
  const findings = rules.map(
    (rule, index): Finding => ({
      id: `F${index}`,
      category: 'security',
      rule,
      file: 'a.ts',
      line: 11,
      severity: 'high',
      message: `about ${rule}`,
      fix: 'mend it',
    }),
  );
  const verdict = rules.length > 0 ? 'CHANGES_REQUIRED' : 'APPROVED';
  const counts = { critical: 0, high: rules.length, medium: 0, low: 0 };
  const line = JSON.stringify({ gate, verdict, counts, sprint_id: 'x', ts: '2026-01-01T00:00:00Z' });
  const said = rules.length > 0 ? 'Something is wrong' : 'All good';
  const block = `\`\`\`locus-findings\n${JSON.stringify(findings)}\n\`\`\``;
  return {
    ...figures,
    outcome: 'answered',
    tampered: false,
    answer: `${said}\n\n${block}\n\n<!-- LOCUS-VERDICT ${line} -->`,
  };
}

/** For a step that is tried until somebody answers. */
export const away = () => Promise.reject(new Error('nobody answers'));

/** Ended by us. */
export const untilEnded = async ({ ended }: Turn): Promise<AttemptResult> => {
  await ended;
  return { ...figures, outcome: 'ended' };
};

/** The script of a file's stage: what `play` answers is looked at anew for each call. */
export function gatedScript(play: () => Play, calls: Calls, drafts: DraftRequest[] = []): Script {
  const starts = new Map<string, number>();
  const usual: Partial<Record<Role, (turn: Turn) => AttemptResult>> = {
    implementer: ({ n }) => implemented(n),
    reviewer: () => answered('review'),
    auditor: () => answered('audit'),
    triage: () => triaged(),
  };
  return {
    async agent(request, _n, ended) {
      const { name = 'implementer', cycle = 0 } = request.role ?? {};
      const key = `${request.attemptId.split('-')[0]} ${name}`;
      const n = (starts.get(key) ?? 0) + 1;
      starts.set(key, n);
      calls.push(`${name} ${cycle}`);
      const turn = play().agents?.[name] ?? usual[name];
      if (!turn) throw new Error(`nobody plays the ${name}`);
      return turn({ request, cycle, n, ended });
    },
    host: {
      async openTarget(run, request) {
        calls.push('open');
        const found = {
          workspace: { ...fakes, repository, branch: request.task.branch },
          startCommit: request.startCommit ?? base,
        };
        return (await play().host?.openTarget?.(run, request)) ?? found;
      },
      async findCommits(run, request) {
        calls.push(`find ${request.commits.join(' ')}`);
        return (await play().host?.findCommits?.(run, request)) ?? { held: request.commits };
      },
      async writePrompt(run, request) {
        const prompt = { kind: 'ready', file: '/p/1', length: 1, sha256: '' } as const;
        return (await play().host?.writePrompt?.(run, request)) ?? prompt;
      },
      async commitPending(run, request) {
        calls.push('pending');
        return (await play().host?.commitPending?.(run, request)) ?? { commit: request.startCommit };
      },
      async lookAtBranch(run, request) {
        return (await play().host?.lookAtBranch?.(run, request)) ?? oneFile;
      },
      async openBug(run, request) {
        return (await play().host?.openBug?.(run, request)) ?? { number: 1, testCommand: 'npm test' };
      },
      async weighTriage(run, { target, ...found }) {
        const files = new Set(['a.ts']);
        const step = triageStep({ ...found, text: target.text, files });
        return (await play().host?.weighTriage?.(run, { target, ...found })) ?? step;
      },
      async recordTriage(run, request) {
        calls.push(`record ${request.ids.sprint_id}`);
        const recorded = { commit: commitOf(100), document: bugDocument(request.triage, request.ids) };
        return (await play().host?.recordTriage?.(run, request)) ?? recorded;
      },
      async comparePosition(run, request) {
        calls.push('compare');
        return (await play().host?.comparePosition?.(run, request)) ?? 'equal';
      },
      async pushBranch(run, request) {
        calls.push(`push ${request.commit}`);
        await play().host?.pushBranch?.(run, request);
      },
      async auditPull(run, request) {
        calls.push('audit');
        return (await play().host?.auditPull?.(run, request)) ?? { result: audit([]), unread: 0 };
      },
      async runTests(run, request) {
        calls.push('tests');
        const runs = [{ command: 'npm test', exit_code: 0 }];
        return (await play().host?.runTests?.(run, request)) ?? { result: { outcome: 'PASSED' }, runs };
      },
      async keepRecords(run, request) {
        calls.push(['records', ...request.records.map(({ type }) => type)].join(' '));
        await play().host?.keepRecords?.(run, request);
      },
    },
    tracker: {
      async openDraft(run, request) {
        calls.push(`draft ${request.title}`);
        drafts.push(request);
        return (await play().tracker?.openDraft?.(run, request)) ?? { number: 9, url: 'http://tracker.test/9' };
      },
      async findDraft(run, request) {
        return (await play().tracker?.findDraft?.(run, request)) ?? null;
      },
      async markInReview(_run, { issue }) {
        calls.push(`in-review ${issue}`);
      },
    },
    shared: {
      async acquirePermit(request) {
        calls.push(`permit ${request.provider}`);
        return (await play().shared?.acquirePermit?.(request)) ?? { at: Date.now(), limited: false };
      },
      async reportLimit(request) {
        calls.push(`limit ${request.provider}`);
        return (await play().shared?.reportLimit?.(request)) ?? { until: request.until ?? Date.now() };
      },
    },
  };
}

export interface Change {
  readonly options?: Partial<TargetState['options']>;
  readonly settings?: Partial<GatedSettings>;
  readonly mode?: Mode;
  readonly agent?: Partial<RunSettings['agent']>;
  readonly input?: Partial<RunInput>;
}

/**
 * A timeout that takes eight seconds by the clock of changed/brisk.ts: on a machine under load the steps before the one
 * that is away take some.
 */
export const timed: Change = { options: { timeout_hours: 80 / 3600 } };

/** A gated run of issue 1, but for what a test says of it. */
export function gatedInput(stage: Pick<Stage, 'hostId'>, change: Change = {}): RunInput {
  const { options = {}, settings = {}, agent = {}, input = {} } = change;
  const plain = inputOf(stage, { type: 'gated', issues: [1], agent, input: { branch: 'feature/issue-1' } });
  const tasks = plain.tasks.map((task) => ({ ...task, branch: 'feature/issue-1' }));
  return {
    ...plain,
    runId: `locus/${plain.repoName}/gated`,
    tasks,
    gated: {
      id: 'run-20260101-0123abcd',
      target: { kind: 'issues', name: 'issue-1', title: 'Issue 1', issues: [1] },
      settings: { ...gatedSnapshot(parseConfig('{}').config), enabled: true, ...settings },
      mode: change.mode ?? 'autonomous',
      options: {
        max_cycles: 20,
        timeout_hours: 8,
        dry_run: false,
        local_mode: false,
        confirm_push: false,
        push_mode: 'AUTO',
        ...options,
      },
      allowHigh: false,
    },
    ...input,
  };
}

/** What a gated run shows of itself. */
export function shown({ gated }: RunState) {
  if (!gated) throw new Error('this is no gated run');
  return gated;
}

export const isState = (name: TargetState['state']) => (state: RunState) => state.gated?.run.state === name;

/** The starts of roles alone. */
export const roles = (calls: Calls) => calls.filter((call) => /^(implementer|reviewer|auditor) /.test(call));
