import { randomUUID } from 'node:crypto';
import type { RunInput, TaskSpec } from '../../src/domain/run.ts';
import type { RunSettings } from '../../src/domain/settings.ts';
import { settingsOf } from './settings.ts';
import type { Stage } from './support.ts';

interface Change {
  readonly type?: RunInput['type'];
  readonly issues: readonly number[];
  readonly agent?: Partial<RunSettings['agent']>;
  readonly stopOnFailure?: boolean;
  readonly input?: Partial<RunInput>;
}

/** What a run is started with, but for what a test says of it. */
export function inputOf(
  { hostId }: Pick<Stage, 'hostId'>,
  { type = 'sprint', issues, agent = {}, stopOnFailure = true, input = {} }: Change,
): RunInput {
  const key = `test/${randomUUID().slice(0, 8)}`;
  const branchOf = (issue: number) => (type === 'sprint' ? 'locus/sprint-s' : `locus/issue-${issue}`);
  const tasks = issues.map(
    (issue): TaskSpec => ({
      issue,
      title: `Issue ${issue}`,
      order: null,
      commitType: 'feat',
      branch: branchOf(issue),
      committed: null,
    }),
  );
  return {
    runId: type === 'issue' ? `locus/${key}/issue/${issues[0]}` : `locus/${key}/${type}/s`,
    type,
    repoName: key,
    tracker: { kind: 'github', apiUrl: 'http://tracker.test', owner: 'test', repo: 'test' },
    source: { kind: 'checkout', hostId, root: '/r' },
    baseBranch: 'main',
    remote: 'origin',
    sprint: type === 'sprint' ? { number: 1, title: 'S' } : null,
    branch: type === 'sprint' ? 'locus/sprint-s' : null,
    only: null,
    settings: settingsOf(agent, stopOnFailure),
    startedBy: 'test',
    restarted: false,
    tasks,
    finished: [],
    ...input,
  };
}
