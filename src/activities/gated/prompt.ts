import { fixAuditPrompt, fixE2ePrompt } from '../../domain/gated/fix-prompts.ts';
import { auditorPrompt, reviewerPrompt } from '../../domain/gated/gate-prompts.ts';
import type { RoleTarget } from '../../domain/gated/prompt-parts.ts';
import { recordOfInput } from '../../domain/gated/red-team.ts';
import { channelMax, redTeamInput } from '../../domain/gated/red-team-input.ts';
import { redTeamPrompt } from '../../domain/gated/red-team-prompt.ts';
import { repairPrompt } from '../../domain/gated/repair-prompt.ts';
import { implementerPrompt, type WorkParts } from '../../domain/gated/role-prompts.ts';
import { crossModelPrompt, pullReviewPrompt } from '../../domain/gated/second-opinion-prompts.ts';
import { triagePrompt } from '../../domain/gated/triage-prompt.ts';
import type { RunContext } from '../../domain/run.ts';
import type { Repository } from '../../domain/workspace.ts';
import { baseCommit } from '../../git/branches.ts';
import { soFar } from '../../git/diff.ts';
import { tryGit } from '../../git/run.ts';
import { openTracker } from '../../trackers/open.ts';
import type { Dependencies } from '../deps.ts';
import { written } from '../prepare.ts';
import { contextOf } from '../prompt.ts';
import type { PromptAbout, RolePrompt, RolePromptRequest } from './contract.ts';
import { type GuardedTarget, guardedTarget } from './guarded.ts';
import { keepArtifact, readArtifact } from './records.ts';

type About<K> = Extract<PromptAbout, { readonly kind: K }>;
type Passed = Extract<GuardedTarget, { readonly kind: 'passed' }>;

/** What a role is told: read and guarded anew each time, as issues and their comments may have changed. */
export async function writePrompt(
  deps: Dependencies,
  run: RunContext,
  request: RolePromptRequest,
): Promise<RolePrompt> {
  const { gated, role, task, workspace } = request;
  const { token } = await deps.secrets(run);
  const tracker = await openTracker(run.tracker, token);
  const texts = request.about.kind === 'triage' ? request.about.answers.map(({ answer }) => answer) : [];
  const guarded = await guardedTarget(deps, run, tracker, { gated, role, texts });
  if (guarded.kind === 'refused') return guarded;
  const text = await textOf(deps.stateDir, run, request, guarded);
  if (typeof text !== 'string') return { kind: 'nothing', record: text };
  await keepArtifact(deps.stateDir, gated.id, `${role.artifact ?? role.name}-${role.cycle}.prompt.md`, text);
  return { kind: 'ready', ...(await written(workspace.repository, workspace, task.issue, text)) };
}

async function textOf(stateDir: string, run: RunContext, request: RolePromptRequest, { target, texts }: Passed) {
  const { about, role } = request;
  switch (about.kind) {
    case 'implement':
      return implementerPrompt({ ...(await workParts(run, request, target)), ...about, cycle: role.cycle });
    case 'judge': {
      const parts = { ...(await workParts(run, request, target)), ...about, cycle: role.cycle };
      return about.gate === 'review' ? reviewerPrompt(parts) : auditorPrompt(parts);
    }
    case 'triage': {
      const { instructions, repository } = await contextOf(run, { ...request, withDiff: false });
      const answers = about.answers.map(({ question }, index) => ({ question, answer: texts[index] ?? '' }));
      const text = 'text' in target ? target.text : '';
      const bug = { id: target.name, title: target.title, text };
      return triagePrompt({ instructions, bug, answers, repository });
    }
    case 'repair':
      return repairPrompt({ ...about, target: target.name });
    case 'red_team': {
      const { design, diff } = await comparedParts(run, request, about);
      const input = redTeamInput({ design, diff, feedback: about.feedback }, about.skipWithoutDesign);
      if (input.kind !== 'ready') return recordOfInput(input) ?? nothingToCompare;
      return redTeamPrompt({ target: target.name, channels: input.channels });
    }
    case 'fix_audit':
      return fixAuditPrompt({ ...(await workParts(run, request, target)), findings: about.findings });
    case 'fix_e2e': {
      const output = await readArtifact(stateDir, request.gated.id, about.log);
      return fixE2ePrompt({ ...(await workParts(run, request, target)), ...about, output });
    }
    case 'score':
      return crossModelPrompt({ ...(await workParts(run, request, target)), known: about.known });
    case 'pull_review':
      return pullReviewPrompt({ ...(await workParts(run, request, target)), known: about.known });
  }
}

const nothingToCompare = { outcome: 'skipped', code: 0, reason: 'no_code_diff' } as const;

async function workParts(
  run: RunContext,
  { workspace, commit }: RolePromptRequest,
  target: RoleTarget,
): Promise<WorkParts> {
  return { target, ...(await contextOf(run, { workspace, commit, withDiff: true })) };
}

/** The design is the base's, else what a person had on the branch: an agent must not write what its work is compared with. */
async function comparedParts(run: RunContext, { workspace, commit }: RolePromptRequest, about: About<'red_team'>) {
  const { repository } = workspace;
  const { designDoc, began } = about;
  const base = await baseCommit(repository, run.baseBranch, run.remote);
  const diff = await soFar(repository, base, commit, { maxBytes: 3 * channelMax, maxChars: channelMax });
  const ofBase = await fileAt(repository, base, designDoc);
  const isLookedFor = ofBase === null && began !== undefined && !(await hasOurs(repository, base, began));
  return { design: isLookedFor ? await fileAt(repository, began, designDoc) : ofBase, diff };
}

async function fileAt({ commonDir }: Repository, commit: string, file: string): Promise<string | null> {
  const found = await tryGit({ commonDir }, ['cat-file', 'blob', `${commit}:${file}`]);
  return found.exitCode === 0 ? found.stdout : null;
}

/** Of an earlier run: then an agent may have written whatever stands there. */
async function hasOurs({ commonDir }: Repository, base: string, tip: string): Promise<boolean> {
  const found = await tryGit({ commonDir }, ['log', '-1', '--format=%H', '--grep=^Locus-Run: ', `${base}..${tip}`]);
  return found.exitCode !== 0 || found.stdout.trim() !== '';
}
