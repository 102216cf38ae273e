import type { Dependencies } from '../../src/activities/deps.ts';
import { IssueReader } from '../../src/activities/read-ahead.ts';
import type { RunContext } from '../../src/domain/run.ts';
import type { Fixture } from '../git/support.ts';
import { settingsOf } from '../workflows/settings.ts';

/** What activities get from a worker; nothing here needs a token or a server. */
export function depsOf(fixture: Fixture, changes: Partial<Dependencies> = {}): Dependencies {
  return {
    stateDir: fixture.stateDir,
    hostId: 'here',
    secrets: async () => ({ token: null, env: {} }),
    gate: {
      reserve: async () => ({ at: 0, limited: false }),
      giveBack: async () => {},
      reportLimit: async () => ({ until: 0 }),
    },
    issues: new IssueReader(),
    slots: { take: async () => {}, free: async () => {}, claimOf: () => null },
    isHere: async () => true,
    hearsServer: () => true,
    isRunOpen: async () => false,
    ...changes,
  };
}

export function runOf(fixture: Fixture, changes: Partial<RunContext> = {}): RunContext {
  return {
    runId: 'locus/test/parallel/now',
    type: 'parallel',
    repoName: 'test',
    tracker: { kind: 'local', commonDir: fixture.repository.commonDir },
    source: { kind: 'checkout', hostId: 'here', root: fixture.root },
    baseBranch: 'main',
    remote: 'origin',
    sprint: null,
    branch: null,
    only: null,
    settings: settingsOf({}, true),
    startedBy: 'test',
    restarted: false,
    ...changes,
  };
}
