import type { RunSettings } from '../../src/domain/settings.ts';

/** The settings of a run that only a test would start. */
export function settingsOf(agent: Partial<RunSettings['agent']>, stopOnFailure: boolean): RunSettings {
  const defaults: RunSettings['agent'] = {
    maxParallel: 3,
    autoLabel: true,
    autoPR: true,
    rebaseBeforeTask: true,
    updateWith: 'merge',
    command: ['true'],
    env: [],
    timeoutMinutes: 1,
    stallMinutes: 1,
    maxAttempts: 2,
    orphanMinutes: 1,
    hostLostMinutes: 2,
    callsPerHour: 100,
    verify: null,
    budgetUsd: null,
    runBudgetUsd: null,
    prices: {},
  };
  return {
    provider: 'command',
    model: null,
    sandbox: 'off',
    sandboxKind: null,
    dockerSandboxes: {},
    agent: { ...defaults, ...agent },
    workspace: { setup: null, copy: [] },
    sprint: { stopOnFailure, workspace: 'worktree' },
  };
}
