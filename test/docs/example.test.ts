import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { read } from './pages.ts';

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const workflow = parse(read('examples/github-actions.yml')) as {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly 'runs-on': string; readonly steps: readonly Step[] }>>;
};
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const scripts = steps.flatMap(({ run }) => run ?? []);

describe('the workflow for GitHub Actions', () => {
  test('can be read, and each of its steps does one thing', () => {
    expect(Object.keys(workflow.on)).toEqual(['workflow_dispatch', 'issues']);
    for (const { run, uses } of steps) expect([run, uses].filter((part) => part !== undefined)).toHaveLength(1);
  });

  test('shows a run that is left alone and one that is waited for', () => {
    const runs = scripts.filter((script) => script.startsWith('locus run'));
    expect(runs).toEqual([expect.stringContaining(' --detach '), expect.stringContaining(' --wait ')]);
  });

  test('starts neither a worker nor a server', () => {
    expect(scripts.join('\n')).not.toMatch(/locus (?:worker|up)/);
    expect(workflow.env.TEMPORAL_ADDRESS).toContain('secrets.');
  });

  test('may only read, and lets no input become a part of a script', () => {
    expect(new Set(Object.values(workflow.permissions))).toEqual(new Set(['read']));
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });

  test('takes issue numbers after the end of the flags, so that an input cannot add one', () => {
    for (const script of scripts.filter((text) => text.includes('$ISSUES'))) expect(script).toMatch(/ -- \$ISSUES$/);
  });
});
