import { describe, expect, test } from '@jest/globals';
import {
  discoverSprints,
  documentSprints,
  folderSprints,
  resolveSprint,
  selectSprints,
  targetNumber,
  trackerSprints,
} from '../../../src/domain/gated/plan-source.ts';
import type { Sprint } from '../../../src/domain/issue.ts';

const milestone = (number: number, title: string, state: Sprint['state'] = 'open'): Sprint => ({
  number,
  title,
  state,
  openIssues: 1,
});
const ids = (sprints: readonly { readonly id: string }[]) => sprints.map(({ id }) => id);
const document =
  '# Plan\n\n## Sprint 1: Base\n\none\n\n## Sprint 2: Login\n\ntwo\n\n## Sprint 3: C\n\n## Sprint 4: D\n';
const folders = [{ name: 'sprint-7', text: 'seven' }];

describe('where a plan is found', () => {
  test('C52 the document wins over the tracker, the tracker over folders', () => {
    const tracker = [milestone(1, 'Sprint 5: E'), milestone(2, 'Sprint 6')];
    expect(ids(discoverSprints({ document, tracker, folders }))).toEqual([
      'sprint-1',
      'sprint-2',
      'sprint-3',
      'sprint-4',
    ]);
    expect(ids(discoverSprints({ document: null, tracker, folders }))).toEqual(['sprint-5', 'sprint-6']);
    expect(ids(discoverSprints({ document: '# no sprint here', tracker: [], folders }))).toEqual(['sprint-7']);
  });

  test.each([null, '', '\r\n', '```\n## Sprint 1: x\n```'])('C62 no sprint in %j or elsewhere is refused', (text) => {
    expect(() =>
      discoverSprints({
        document: text,
        tracker: [milestone(1, 'Sprint 1', 'closed'), milestone(2, 'sprint-bug-3')],
        folders: [{ name: 'sprint-bug-1', text: '' }],
      }),
    ).toThrow(expect.objectContaining({ type: 'IssueInvalid', message: expect.stringContaining('no sprints') }));
  });
});

describe('a plan document', () => {
  test('C53 only `## Sprint N:` counts, in numeric order', () => {
    const lines = ['## Sprint 1:', '## Sprint 10:', '## Sprint 2:', '### Sprint 3:', '## Sprint 4 - x', '## sprint 5:'];
    expect(ids(documentSprints(lines.join('\n\n')))).toEqual(['sprint-1', 'sprint-2', 'sprint-10']);
    expect(ids(documentSprints(lines.join('\r\n')))).toEqual(['sprint-1', 'sprint-2', 'sprint-10']);
  });

  test('fenced code holds no sprint, whatever its fence', () => {
    const text = [
      '````md',
      '```',
      '## Sprint 1: in a fence',
      '````',
      '~~~',
      '```',
      '## Sprint 2: in tildes',
      '~~~ still code',
      '## Sprint 2: too',
      '~~~ ',
      '``` a`b is no fence',
      '## Sprint 3: real',
      '```',
      '## Sprint 4: after a fence that nothing closes',
    ];
    expect(ids(documentSprints(text.join('\n')))).toEqual(['sprint-3']);
  });

  test('a sprint is its section, up to the next heading that is no deeper', () => {
    const text =
      '## Sprint 2: Login | x\n\nbody\n\n### Tasks\n\n```\n## Sprint 9: no\n```\n\n## Risks\n\nnone\n\n## Sprint 1:\n';
    const [first, second] = documentSprints(text);
    expect(second).toMatchObject({
      id: 'sprint-2',
      number: 2,
      title: 'Login | x',
      source: 'document',
      milestone: null,
    });
    expect(second!.text).toBe('## Sprint 2: Login | x\n\nbody\n\n### Tasks\n\n```\n## Sprint 9: no\n```');
    expect(first).toMatchObject({ title: 'sprint-1', text: '## Sprint 1:' });
  });

  test('a number that comes twice is one sprint that loses nothing', () => {
    const sprints = documentSprints('## Sprint 1: A\n\na\n\n## Sprint 1: B\n\nb');
    expect(sprints).toHaveLength(1);
    expect(sprints[0]).toMatchObject({ title: 'A', text: '## Sprint 1: A\n\na\n\n## Sprint 1: B\n\nb' });
  });

  test('numbers that no integer holds, bugs and huge documents do no harm', () => {
    expect(documentSprints('## Sprint 99999999999999999999: x\n## Sprint bug-1: y\n## Sprint -1: z')).toEqual([]);
    expect(documentSprints(`${'text '.repeat(100_000)}\n## Sprint 1: x\n`)).toHaveLength(1);
  });
});

describe("the tracker's sprints", () => {
  test('are numbered by their titles, else by their place, each once, bugs and closed ones left out', () => {
    expect(trackerSprints([milestone(9, 'v2'), milestone(4, 'v1'), milestone(5, 'old', 'closed')])).toMatchObject([
      { id: 'sprint-1', title: 'v1', milestone: 4, source: 'tracker' },
      { id: 'sprint-2', title: 'v2', milestone: 9 },
    ]);
    const titled = [milestone(1, 'Sprint 10: J'), milestone(2, 'sprint 2'), milestone(3, 'Sprint bug 7')];
    expect(trackerSprints(titled)).toMatchObject([
      { id: 'sprint-2', milestone: 2 },
      { id: 'sprint-10', milestone: 1 },
    ]);
    const mixed = [
      milestone(1, 'Backlog'),
      milestone(2, 'Sprint 1'),
      milestone(3, 'Sprint 1 again'),
      milestone(4, 'x'),
    ];
    expect(trackerSprints(mixed).map(({ id, milestone: number }) => [id, number])).toEqual([
      ['sprint-1', 2],
      ['sprint-2', 1],
      ['sprint-3', 3],
      ['sprint-4', 4],
    ]);
  });

  test('a title such as `Sprint 1.5` names no sprint 1', () => {
    expect(
      trackerSprints([milestone(1, 'x'), milestone(2, 'Sprint 1.5')]).map(({ milestone: number }) => number),
    ).toEqual([1, 2]);
  });
});

test('folders are those named sprint-N, each once', () => {
  const names = ['sprint-10', 'sprint-2', 'sprint-bug-1', 'sprint-3-4', 'sprint-', 'sprint-02', 'x'];
  const sprints = folderSprints(names.map((name) => ({ name, text: `in ${name}` })));
  expect(sprints).toMatchObject([
    { id: 'sprint-2', text: 'in sprint-2' },
    { id: 'sprint-10', text: 'in sprint-10' },
  ]);
});

describe('what is selected', () => {
  const sprints = documentSprints(document);

  test('C55 from 2 to 3 of four are sprint-2 and sprint-3, in order', () => {
    const { sprints: selected, from, to } = selectSprints(sprints, { from: 2, to: 3 });
    expect([ids(selected), from, to]).toEqual([['sprint-2', 'sprint-3'], 2, 3]);
  });

  test.each([
    [{}, ['sprint-1', 'sprint-2', 'sprint-3', 'sprint-4'], 1, 4],
    [{ from: 3 }, ['sprint-3', 'sprint-4'], 3, 4],
    [{ to: 1 }, ['sprint-1'], 1, 1],
    [{ from: 4, to: 99 }, ['sprint-4'], 4, 99],
  ])('%j', (wanted, expected, from, to) => {
    expect(selectSprints(sprints, wanted)).toMatchObject({ from, to });
    expect(ids(selectSprints(sprints, wanted).sprints)).toEqual(expected);
  });

  test('sprint 0 is selected only when it is asked for', () => {
    const zero = documentSprints('## Sprint 0: Prep\n## Sprint 1: A');
    expect(ids(selectSprints(zero, {}).sprints)).toEqual(['sprint-1']);
    expect(ids(selectSprints(zero, { from: 0 }).sprints)).toEqual(['sprint-0', 'sprint-1']);
  });

  test.each([
    [{ from: 3, to: 2 }, '--from 3 comes after --to 2'],
    [{ from: 9 }, 'no sprint is selected'],
    [{ from: 5, to: 6 }, 'no sprint is selected'],
    [{ to: 0 }, 'no sprint is selected'],
    [{ from: Number.NaN }, '--from takes'],
    [{ to: 1.5 }, '--to takes'],
    [{ from: -1 }, '--from takes'],
  ])('%j is refused', (wanted, message) => {
    expect(() => selectSprints(sprints, wanted)).toThrow(
      expect.objectContaining({ type: 'UsageInvalid', message: expect.stringContaining(message) }),
    );
  });
});

describe('sprint-N', () => {
  test('is heading N of the document, else the open sprint titled so, else the N-th open one', () => {
    const tracker = [milestone(3, 'v1'), milestone(8, 'Sprint 5: E'), milestone(9, 'Sprint 1: other')];
    expect(resolveSprint('sprint-1', { document, tracker })).toMatchObject({ title: 'Base', source: 'document' });
    expect(resolveSprint('sprint-5', { document, tracker })).toMatchObject({ milestone: 8, source: 'tracker' });
    const places = [milestone(3, 'v1'), milestone(8, 'v2')];
    expect(resolveSprint('sprint-2', { document: null, tracker: places })).toMatchObject({ milestone: 8 });
  });

  test.each([
    [['Sprint 10', 'Sprint 11'], 1, 'Sprint 10'],
    [['Sprint 2: b', 'Alpha'], 1, 'Sprint 2: b'],
    [['Sprint 2: b', 'Alpha'], 2, 'Sprint 2: b'],
    [['Polish', 'Sprint 1'], 1, 'Sprint 1'],
    [['Polish', 'Sprint 1'], 2, 'Sprint 1'],
  ])('of the open sprints %j is that of number %d', (titles, number, title) => {
    const tracker = titles.map((each, index) => milestone(index + 3, each));
    const found = resolveSprint(`sprint-${number}`, { document: null, tracker });
    expect(found).toMatchObject({ id: `sprint-${number}`, title });
  });

  test('is neither by its title nor by its place one that is not there', () => {
    const tracker = [milestone(1, 'Sprint 7: b'), milestone(2, 'Alpha')];
    expect(() => resolveSprint('sprint-3', { document: null, tracker })).toThrow(
      'there is no sprint-3; there are sprint-1, sprint-2, sprint-7',
    );
    expect(() => resolveSprint('sprint-0', { document: null, tracker })).toThrow('there is no sprint-0');
    expect(() => resolveSprint('sprint-9', { document, tracker: [] })).toThrow('there is no sprint-9');
    expect(() => resolveSprint('sprint-1', { document: null, tracker: [] })).toThrow('no sprints');
  });

  test.each(['', 'sprint-', 'sprint-bug-1', 'sprint-1-2', 'Sprint-1', 'sprint-1\n', 'issue-1'])(
    '%j names none',
    (name) => {
      expect(targetNumber(name)).toBeNull();
      expect(() => resolveSprint(name, { document, tracker: [] })).toThrow(
        expect.objectContaining({ type: 'UsageInvalid' }),
      );
    },
  );
});
