import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { gatedSnapshot } from '../../src/config/snapshot.ts';
import { breakerDefaults } from '../../src/domain/gated/breaker.ts';

const parsed = (value: unknown) => parseConfig(JSON.stringify(value));
const settings = (value: unknown) => gatedSnapshot(parsed(value).config);

describe('the config of gated runs', () => {
  test('is off, with the defaults of the breaker, where nobody says anything', () => {
    expect(settings({})).toMatchObject({
      enabled: false,
      plan: 'docs/sprint-plan.md',
      autoPush: true,
      limits: breakerDefaults.sprint,
      callsPerHour: 100,
      redTeam: { enabled: false, severityThreshold: 700, maxCycles: 2 },
      postPr: { enabled: false },
      guardrails: { enabled: true, injection: { mode: 'blocking', threshold: 0.7 } },
      dissent: false,
      roles: {},
    });
  });

  test('C50: a push mode that is none is refused with its key and what may stand there', () => {
    expect(() => parsed({ run_mode: { git: { auto_push: 'maybe' } } })).toThrow(
      'run_mode.git.auto_push must be true, false or "prompt"',
    );
  });

  test.each([
    [{ guardrails: { injection: { threshold: 1.5 } } }, 'guardrails.injection.threshold must be from 0 to 1'],
    [{ guardrails: { injection: { mode: 'off' } } }, 'guardrails.injection.mode must be "blocking" or "advisory"'],
    [
      { run_mode: { defaults: { max_cycles: 0 } } },
      'run_mode.defaults.max_cycles must be a whole number of at least 1',
    ],
    [{ run_mode: { enabled: 'yes' } }, 'run_mode.enabled must be true or false'],
    [{ run_mode: { plan: '../plan.md' } }, 'run_mode.plan must be a relative path inside the repository'],
    [
      { roles: { reviewer: { provider: 'gemini' } } },
      'roles.reviewer.provider must be "claude", "codex", or "command"',
    ],
  ])('%j is refused', (value, message) => {
    expect(() => parsed(value)).toThrow(message);
  });

  test('a false is a false', () => {
    const { guardrails, postPr } = settings({
      guardrails: { enabled: false, danger: { enabled: false } },
      post_pr: { e2e: false },
    });
    expect([guardrails.enabled, guardrails.danger.enabled, postPr.e2e]).toEqual([false, false, false]);
  });

  test('a role may be another provider or model; a model names its provider', () => {
    const roles = { reviewer: { model: 'gpt-5' }, auditor: { provider: 'claude' }, triage: { model: 'house-model' } };
    expect(settings({ ai: { provider: 'command' }, agent: { command: ['true'] }, roles }).roles).toEqual({
      reviewer: { provider: 'codex', model: 'gpt-5' },
      auditor: { provider: 'claude', model: 'opus' },
      triage: { provider: 'command', model: 'house-model' },
    });
  });

  test('a role that is a command needs agent.command', () => {
    expect(() => parsed({ roles: { auditor: { provider: 'command' } } })).toThrow('agent.command must be set');
  });

  test('unknown keys are named however deep they lie', () => {
    const { unknownKeys } = parsed({ run_mode: { defaults: { max_cycle: 3 } }, roles: { tester: {} } });
    expect(unknownKeys).toEqual(['run_mode.defaults.max_cycle', 'roles.tester']);
  });
});
