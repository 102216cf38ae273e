import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GatedRepository, makeGated, type Turn } from './support/gated.ts';
import { openWorld, type World } from './support/world.ts';

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.end(), 60_000);

const files = { 'docs/design.md': '# Design\n\n## Security\n\nPasswords are hashed.\n\n## Colours\n\nBlue.\n' };

function found(id: string, classification: string, severity: number) {
  return {
    id,
    classification,
    severity,
    sdd_section: 'Security',
    sdd_requirement: id,
    code_evidence: 'a.ts:1',
    recommendation: 'hash',
  };
}

async function withGate(
  turns: readonly Turn[],
  more: object = {},
  design: Record<string, string> = files,
): Promise<GatedRepository> {
  const config = { red_team: { code_vs_design: { enabled: true, ...more } } };
  return makeGated(world, { 'red-team': turns }, { config, files: design });
}

function bodyOf(repository: GatedRepository): string {
  const [pull, ...others] = repository.github.state().pulls;
  expect(others).toEqual([]);
  return pull?.body ?? '';
}

const oneCycle = ['implementer 1', 'reviewer 1', 'auditor 1'];

describe('the comparison of code and design', () => {
  test('C70: switched off, it is never asked', async () => {
    const repository = await makeGated(world, {}, { files });
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(await repository.order()).toEqual(oneCycle);
    expect(bodyOf(repository)).toContain('"red-team":"off"');
  }, 60_000);

  test('C71: of 700, 699 and a partial 999 one is acted on: another cycle, with that one alone; then a warning', async () => {
    const repository = await withGate([
      {
        findings: [
          found('A', 'CONFIRMED_DIVERGENCE', 700),
          found('B', 'CONFIRMED_DIVERGENCE', 699),
          found('C', 'PARTIAL_IMPLEMENTATION', 999),
        ],
      },
    ]);
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('red-team'),
    });
    expect(await repository.order()).toEqual(
      [1, 2].flatMap((cycle) => ['implementer', 'reviewer', 'auditor', 'red-team'].map((role) => `${role} ${cycle}`)),
    );
    const prompts = (await repository.calls()).filter(({ role }) => role === 'implementer').map(({ prompt }) => prompt);
    expect(prompts[1]).toContain('A (CONFIRMED_DIVERGENCE, 700)');
    expect(prompts[1]).not.toContain('B (CONFIRMED_DIVERGENCE');
    const [asked] = (await repository.calls()).filter(({ role }) => role === 'red-team');
    expect(asked?.prompt).toContain('Passwords are hashed.');
    expect(asked?.prompt).not.toContain('Blue.');
    expect((await repository.status()).run.red_team_code).toMatchObject({
      cycles: 2,
      max_cycles: 2,
      findings_total: 6,
      divergences_found: 4,
    });
    expect(bodyOf(repository)).toContain('1 divergence from the design left after 2 of 2 cycles');
  }, 60_000);

  test.each([
    ['C73: no design document', {}, 'sdd_not_found'],
    ['no section on security', { 'docs/design.md': '# Design\n\n## Colours\n\nBlue.\n' }, 'no_security_sections'],
  ])(
    '%s: skipped, which the draft says, and completed',
    async (_what, design, reason) => {
      const repository = await withGate([], {}, design as Record<string, string>);
      expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
      expect(await repository.order()).toEqual(oneCycle);
      expect(bodyOf(repository)).toContain(`red-team was skipped: ${reason}`);
      expect(bodyOf(repository)).toContain('"red-team":"skipped"');
    },
    60_000,
  );

  test('C73: what an agent writes is not the design that its work is compared with', async () => {
    const repository = await makeGated(
      world,
      { implementer: [{ write: files }] },
      { config: { red_team: { code_vs_design: { enabled: true } } } },
    );
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(bodyOf(repository)).toContain('red-team was skipped: sdd_not_found');
  }, 60_000);

  test('no design document and skip_if_no_sdd false: the run halts', async () => {
    const repository = await withGate([], { skip_if_no_sdd: false }, {});
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
    expect((await repository.status()).run.halt?.reason).toBe('red_team: sdd_not_found');
  }, 60_000);

  test.each([
    ['an empty answer', { text: ' ' }, 'empty_or_invalid_model_output'],
    ['an answer that is no object', { text: '[1, 2]' }, 'empty_or_invalid_model_output'],
    ['an agent that ends with 12', { exit: 12 }, 'exit code 12'],
  ])(
    'C74: %s is asked for once more, then the draft says that the gate did not run',
    async (_what, turn, text) => {
      const repository = await withGate([turn]);
      expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
      expect(await repository.order()).toEqual([...oneCycle, 'red-team 1', 'red-team 1']);
      expect(bodyOf(repository)).toContain('red-team did not run');
      expect(bodyOf(repository)).toContain(text);
      expect(bodyOf(repository)).toContain('"red-team":"did_not_run"');
    },
    60_000,
  );

  test.each([
    ['and answers', {}],
    ['and fails', { exit: 12 }],
  ])(
    'one that changes the workspace %s is a gate error, and nothing is completed',
    async (_what, how) => {
      const repository = await withGate([{ write: { 'x.txt': 'x' }, ...how }]);
      expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 3 });
      expect(await repository.order()).toEqual([...oneCycle, 'red-team 1']);
      expect((await repository.status()).run.halt?.reason).toContain(
        'gate_error: the red-team has changed the workspace',
      );
      expect(await repository.gitRemote('ls-tree', '--name-only', 'feature/issue-1')).not.toContain('x.txt');
      await repository.play({});
      expect(await repository.run(['run', '--gated', '--resume'])).toMatchObject({ code: 0 });
      expect(bodyOf(repository)).toContain('"red-team":"passed"');
    },
    60_000,
  );

  test('C74: a second answer that can be read counts', async () => {
    const repository = await withGate([{ text: 'hm' }, {}]);
    expect(await repository.run(['run', '1', '--gated'])).toMatchObject({ code: 0 });
    expect(bodyOf(repository)).toContain('"red-team":"passed"');
  }, 60_000);
});
