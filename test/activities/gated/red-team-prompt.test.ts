import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { RolePrompt, RolePromptRequest } from '../../../src/activities/gated/contract.ts';
import { writePrompt } from '../../../src/activities/gated/prompt.ts';
import { commit, type Fixture, makeFixture, open, removeFolders, sh } from '../../git/support.ts';
import { depsOf, runOf } from '../support.ts';

afterAll(removeFolders);

const design = { 'docs/design.md': '## Security\n\nPasswords are hashed.\n' };
let fixture: Fixture;

beforeEach(async () => {
  fixture = await makeFixture();
  sh(fixture.root, ['switch', '-q', '-c', 'mine']);
});

/** What the red team is told of what came to the branch since `began`; null: it is not asked. */
async function told(began: string): Promise<string | null> {
  const branch = 'feature/issue-1';
  const tip = sh(fixture.root, ['rev-parse', 'HEAD']);
  sh(fixture.root, ['branch', branch, tip]);
  const { workspace } = await open(fixture, { branch });
  const request: RolePromptRequest = {
    gated: {
      ...{ id: 'run-20260102-0a1b2c3d', mode: 'autonomous', allowHigh: false },
      target: { kind: 'section', name: 'sprint-1', title: 'The cart', text: '- a page' },
      guardrails: {
        ...{ enabled: true, danger: { enabled: true }, logging: false },
        injection: { mode: 'blocking', threshold: 0.7 },
      },
    },
    task: { issue: 0, title: 'The cart', order: null, commitType: 'feat', branch, committed: null },
    role: {
      ...{ run: 'run-20260102-0a1b2c3d', name: 'red-team', provider: 'command', model: null },
      ...{ cycle: 1, scope: null },
    },
    ...{ workspace, commit: tip },
    about: { kind: 'red_team', designDoc: 'docs/design.md', skipWithoutDesign: true, feedback: [], began },
  };
  const work = () => writePrompt(depsOf(fixture), runOf(fixture, { type: 'gated' }), request);
  const prompt = (await new MockActivityEnvironment().run(work)) as RolePrompt;
  if (prompt.kind === 'nothing') expect(prompt.record).toMatchObject({ reason: 'sdd_not_found' });
  return prompt.kind === 'ready' ? readFileSync(prompt.file, 'utf8') : null;
}

describe('the design', () => {
  test('that a person had on the branch before the run began counts where the base has none', async () => {
    const began = commit(fixture.root, design);
    commit(fixture.root, { 'docs/design.md': '## Security\n\nAnything goes.\n', 'cart.txt': 'x\n' });
    const text = await told(began);
    expect(text).toContain(
      '# What the design says about security\n\n```markdown\n## Security\n\nPasswords are hashed.',
    );
  });

  test.each([
    ['the run', 'docs: a design', (first: string, _tip: string) => first],
    ['an earlier run', 'docs: a design\n\nLocus-Run: locus/acme/shop/gated', (_first: string, tip: string) => tip],
  ])('that agents of %s have written is none', async (_whose, message, began) => {
    const tip = commit(fixture.root, design, message);
    commit(fixture.root, { 'cart.txt': 'x\n' });
    expect(await told(began(fixture.first, tip))).toBeNull();
  });
});

describe('the diff', () => {
  const line = (n: number) => `line ${n} of the cart with ü\n`;
  const linesOf = (count: number) => Array.from({ length: count }, (_, n) => line(n)).join('');

  test('is whole up to the 100,000 characters of its channel, however many bytes they take', async () => {
    const began = commit(fixture.root, design);
    commit(fixture.root, { 'cart.txt': linesOf(2_000), 'wide.txt': 'ü'.repeat(40_000) });
    const text = (await told(began)) ?? '';
    expect(text).toContain(`+${line(1_999)}`);
    expect(text).toContain(`+${'ü'.repeat(40_000)}`);
  });

  test('is beyond that the list of files and the diffs that fit, and says so', async () => {
    const began = commit(fixture.root, design);
    commit(fixture.root, { 'cart.txt': linesOf(5_000), 'small.txt': 'small\n' });
    const text = (await told(began)) ?? '';
    expect(text.length).toBeLessThan(110_000);
    expect(text).toContain('"cart.txt" +5000 -0');
    expect(text).toContain('+small');
    expect(text).toContain('larger than 100000 bytes');
  });
});
