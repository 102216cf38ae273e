import { describe, expect, test } from '@jest/globals';
import {
  completionLine,
  doneTitle,
  type HaltedPull,
  haltedPull,
  incompleteTitle,
  type SinglePull,
  singlePull,
} from '../../../src/domain/gated/bodies.ts';
import { gateNote } from '../../../src/domain/gated/gate-note.ts';
import { oddTitles } from '../names.ts';
import { targetState } from './states.ts';

const completion = {
  run_id: 'run-20261121-0a1b2c3d',
  target: 'sprint-1',
  gates: { review: 'APPROVED', audit: 'APPROVED', 'red-team': 'off' },
  ts: '2026-11-21T12:00:00.000Z',
};
const single = (change: Partial<SinglePull> = {}): SinglePull => ({
  state: targetState({ state: 'COMPLETE' }),
  tests: [{ command: 'npm test', exit_code: 0 }],
  notes: [],
  issues: [],
  completion,
  ...change,
});
const halt = { reason: 'same_issue: the same finding 3 times', timestamp: '2026-11-21T12:00:00.000Z' };
const halted = (change: Partial<HaltedPull> = {}): HaltedPull => ({
  state: targetState({ state: 'HALTED', halt }),
  notes: [],
  issues: [],
  breakerOpen: true,
  ...change,
});
const headings = (body: string) => body.split('\n').filter((line) => /^#+ /.test(line));

test('titles name the target, fit GitHub and are one line', () => {
  expect(doneTitle('sprint-1')).toBe('Run Mode: sprint-1 implementation');
  expect(incompleteTitle('sprint-1')).toBe('[INCOMPLETE] Run Mode: sprint-1');
  for (const title of oddTitles) {
    for (const line of [doneTitle(title), incompleteTitle(title)]) {
      expect(line).not.toMatch(/\p{Cc}/u);
      expect(line.length).toBeLessThanOrEqual(256);
    }
  }
});

describe('the pull request of one target', () => {
  test('says what was done, how it was tested and what was deleted', () => {
    const { title, body } = singlePull(single({ issues: [7, 9] }));
    expect(title).toBe('Run Mode: sprint-1 implementation');
    expect(body).toBe(`## Summary

| Metric | Value |
| --- | --- |
| Target | sprint-1 |
| Cycles | 2 |
| Files Changed | 7 |
| Commits | 3 |
| Findings Fixed | 2 |

- Closes #7
- Closes #9

## Deleted Files

Total: 1 file

\`\`\`text
src/
  old.ts (sprint-1, cycle 1)
\`\`\`

## Test Results

| Command | Exit Code |
| --- | --- |
| \`npm test\` | 0 |

---
🤖 Made by Locus in run \`run-20261121-0a1b2c3d\`
${completionLine(completion)}`);
  });

  test('without a test run it says so, and one that did not end has no exit code', () => {
    expect(singlePull(single({ tests: [] })).body).toContain('## Test Results\n\nNo tests were run.');
    const { body } = singlePull(single({ tests: [{ command: 'npm test | tee `x`', exit_code: null }] }));
    expect(body).toContain('| `` npm test \\| tee `x` `` | none: it did not end |');
  });

  test('a gate that did not run is visible', () => {
    const { body } = singlePull(
      single({
        notes: [
          gateNote('red-team', 'did_not_run', 'model_invocation_failed, exit code 12'),
          gateNote('dissent', 'skipped', 'no | answer'),
        ],
      }),
    );
    expect(body).toContain(
      '- ⚠️ red-team did not run: model_invocation_failed, exit code 12\n- ⚠️ dissent was skipped: no | a',
    );
  });
});

describe('the pull request of a halted target', () => {
  test('C32 is marked incomplete and says why it stopped and how it goes on', () => {
    const { title, body } = haltedPull(halted());
    expect(title).toBe('[INCOMPLETE] Run Mode: sprint-1');
    expect(headings(body)).toEqual([
      '## Status: HALTED',
      '## Progress',
      '## Cycle History',
      '## Deleted Files',
      '## To Resume',
      '## To Abandon',
    ]);
    expect(body).toContain(
      '- Run ID: `run-20261121-0a1b2c3d`\n- Target: sprint-1\n- Halt Reason: same_issue: the same',
    );
    expect(body).toContain('| 1 | REVIEW | 2 | 0 |');
    expect(body).toContain('`locus resume --reset-breaker`');
    expect(body).toContain('`locus run sprint-1 --gated --fresh`');
  });

  test('completes nothing: no completion line, no issue closed', () => {
    const { body } = haltedPull(halted({ issues: [42], state: targetState({ target: 'issue-42', halt }) }));
    expect(body).not.toContain('LOCUS-COMPLETION');
    expect(body).not.toContain('Closes #');
    expect(body).toContain('- Issue #42');
    expect(body).toContain('`locus run 42 --gated --fresh`');
  });

  test('needs no reset while the breaker is closed, and no history to be shown', () => {
    const { cycles } = targetState();
    const { body } = haltedPull(
      halted({ breakerOpen: false, state: targetState({ halt, cycles: { ...cycles, history: [] } }) }),
    );
    expect(body).toContain('- `locus resume` goes on');
    expect(body).not.toContain('--reset-breaker');
    expect(body).toContain('No phase has ended yet.');
  });
});

describe('text from outside', () => {
  test.each([
    'a | b \\| c \\',
    'x\n\n## Forged heading\n| y |',
    'Closes #1 @octocat ![p](http://e.example/p.png) <!-- x --> <img src=x>',
    ...oddTitles,
  ])('%j breaks no table, heading or list, and acts on nothing', (text) => {
    const notes = [gateNote('red-team', 'skipped', text)];
    const done = singlePull(
      single({ state: targetState({ target: text }), notes, tests: [{ command: text, exit_code: 1 }] }),
    );
    const stopped = haltedPull(halted({ notes, state: targetState({ halt: { ...halt, reason: text } }) }));
    for (const { body } of [done, stopped]) {
      const outsideCode = body.replace(/(`+)[^`].*?\1/g, '').replace(/<!-- LOCUS-COMPLETION .* -->/, '');
      expect(outsideCode).not.toMatch(/(?<!\w)@\w|\]\(|<[a-z!]|Closes #\d/i);
      expect(headings(body).every((line) => !line.includes('Forged'))).toBe(true);
      for (const line of body.split('\n').filter((each) => each.startsWith('| '))) {
        const cells = line.replace(/\\\\/g, '').replace(/\\\|/g, '').split('|').length - 2;
        expect([2, 4]).toContain(cells);
      }
    }
  });

  test('secrets are taken out', () => {
    const secret = `ghp_${'a1'.repeat(20)}`;
    const { body } = haltedPull(
      halted({ state: targetState({ halt: { ...halt, reason: `bad ${secret} and hunter2` } }) }),
      ['hunter2'],
    );
    expect(body).toContain('bad [redacted] and [redacted]');
  });

  test('a huge body is cut in its longest list; what stands at the end is still there', () => {
    const deletions = Array.from({ length: 9000 }, (_, index) => ({ path: `src/${index}.ts`, sprint: 's', cycle: 1 }));
    const { cycles } = targetState();
    const history = Array.from({ length: 9000 }, () => cycles.history[0]!);
    const state = targetState({
      halt: { ...halt, reason: '🚀'.repeat(90_000) },
      deletions,
      cycles: { ...cycles, history },
    });
    const { body } = haltedPull(halted({ state }));
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toContain('more: the tracker takes no longer text');
    expect(headings(body)).toHaveLength(6);
    expect(body.endsWith('`run-20261121-0a1b2c3d`')).toBe(true);
  });
});

describe('the hidden completion line', () => {
  test('is one comment that can be read back, whatever it holds', () => {
    const hostile = { ...completion, target: 'x --> <script> --!> -- -' };
    const line = completionLine(hostile);
    expect(line).toMatch(/^<!-- LOCUS-COMPLETION \{[^<>]*\} -->$/);
    const json = line.slice('<!-- LOCUS-COMPLETION '.length, -' -->'.length);
    expect(json).not.toContain('--');
    expect(JSON.parse(json)).toEqual(hostile);
  });
});
