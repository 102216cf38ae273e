import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLocalTracker } from '../../../src/trackers/local/tracker.ts';
import type { Tracker } from '../../../src/trackers/tracker.ts';
import { draft, failureOf, pullDraft, trackerContract } from '../contract.ts';

trackerContract('local', async () => {
  const commonDir = await mkdtemp(path.join(tmpdir(), 'locus-local-'));
  return {
    tracker: createLocalTracker({ commonDir }),
    addBranch: async () => {},
    mergePull: async (number) => {
      const file = path.join(commonDir, 'locus/pulls', `${number}.md`);
      await writeFile(file, (await readFile(file, 'utf8')).replace('state: open', 'state: merged'));
    },
    close: () => rm(commonDir, { recursive: true, force: true }),
  };
});

describe('files that people write', () => {
  let commonDir: string;
  let tracker: Tracker;
  beforeEach(async () => {
    commonDir = await mkdtemp(path.join(tmpdir(), 'locus-local-'));
    await mkdir(path.join(commonDir, 'locus/issues'), { recursive: true });
    tracker = createLocalTracker({ commonDir });
  });
  afterEach(() => rm(commonDir, { recursive: true, force: true }));

  const fileOf = (number: number) => path.join(commonDir, 'locus/issues', `${number}.md`);
  const write = (number: number, text: string) => writeFile(fileOf(number), text);
  const read = (number: number) => readFile(fileOf(number), 'utf8');

  test('labels may be a comma string, lines may end with CRLF', async () => {
    await write(1, '---\r\ntitle: One\r\nlabels: a, "b" , A\r\n---\r\nBody\r\nmore\r\n');
    expect(await tracker.getIssue(1)).toMatchObject({ title: 'One', labels: ['a', '"b"'], body: 'Body\nmore' });
  });

  test('keys may be missing, and the front matter too', async () => {
    await write(1, '---\n---\n');
    await write(2, '# Fix the door\n\nIt squeaks.\n');
    expect(await tracker.getIssue(1)).toMatchObject({ title: 'Issue 1', state: 'open', labels: [], sprint: null });
    expect(await tracker.getIssue(2)).toMatchObject({ title: 'Fix the door', state: 'open' });
    await tracker.addLabels(2, ['x']);
    expect(await tracker.getIssue(2)).toMatchObject({ title: 'Fix the door', labels: ['x'] });
  });

  test('a milestone may be a title or the number of a sprint', async () => {
    await tracker.createSprint('Sprint 1');
    await write(1, '---\ntitle: One\nmilestone: 1\n---\n');
    await write(2, '---\ntitle: Two\nmilestone: sprint 1\n---\n');
    expect((await tracker.listIssues({ state: 'all', sprint: 1 })).map((issue) => issue.number)).toEqual([1, 2]);
  });

  test('keys, remarks and comments that are not ours stay', async () => {
    await write(1, '---\n# mine\ntitle: One\nestimate: 3 # days\n---\nBody\n\n<!-- locus:comment -->\nby hand\n');
    await tracker.addLabels(1, ['x']);
    await tracker.putComment(1, { marker: 'm', body: 'm', mayExist: true });
    const text = await read(1);
    expect(text).toContain('# mine');
    expect(text).toContain('estimate: 3 # days');
    expect(await tracker.listComments(1)).toEqual([
      { author: 'unknown', body: 'by hand' },
      { author: 'locus', body: 'm' },
    ]);
  });

  test('a change that changes nothing leaves the file as it is', async () => {
    const text = '---\ntitle:   "One"\nlabels: [x]\n---\n\n\nBody';
    await write(1, text);
    await tracker.addLabels(1, ['X']);
    await tracker.removeLabel(1, 'y');
    expect(await read(1)).toBe(text);
  });

  const broken: [string, string, string][] = [
    ['front matter that is no YAML', '---\ntitle: One: two\n---\n', 'cannot read'],
    ['front matter without an end', '---\ntitle: One\n', 'no closing line'],
    ['front matter that is a list', '---\n- one\n---\n', 'not a list of keys'],
    ['a state that is none', '---\ntitle: One\nstate: merged\n---\n', '"merged" is none of open, closed'],
  ];
  for (const [what, text, message] of broken) {
    test(`${what} is refused, naming the file`, async () => {
      await write(7, text);
      const failure = await failureOf(tracker.listIssues({ state: 'all' }));
      expect(failure.type).toBe('TrackerRefused');
      expect(failure.message).toContain(fileOf(7));
      expect(failure.message).toContain(message);
    });
  }

  test('other files in the folder are no issues', async () => {
    await write(1, 'One');
    await writeFile(path.join(commonDir, 'locus/issues', '02.md'), 'no');
    await writeFile(path.join(commonDir, 'locus/issues', 'notes.md'), '---\nno');
    expect(await tracker.listIssues({ state: 'all' })).toHaveLength(1);
    expect((await failureOf(tracker.getIssue(1.5))).type).toBe('IssueInvalid');
  });

  test('a sprint that only issues name has a number, and keeps it', async () => {
    await write(3, '---\ntitle: Three\nmilestone: Second\n---\n');
    await write(2, '---\ntitle: Two\nmilestone: First\n---\n');
    const before = await tracker.listSprints();
    expect(before).toMatchObject([
      { number: 1, title: 'First' },
      { number: 2, title: 'Second' },
    ]);
    await expect(readFile(path.join(commonDir, 'locus/sprints.json'))).rejects.toThrow('ENOENT');
    await tracker.addLabels(3, ['locus:in-progress']);
    await write(1, '---\ntitle: One\nmilestone: Zeroth\n---\n');
    expect((await tracker.listSprints()).map((sprint) => sprint.title)).toEqual(['First', 'Second', 'Zeroth']);
  });

  test('a record of sprints that is broken is refused, naming the file', async () => {
    await writeFile(path.join(commonDir, 'locus/sprints.json'), '{"a": 1}');
    const failure = await failureOf(tracker.listSprints());
    expect(failure.message).toContain('sprints.json');
  });

  test('a pull request is a file that says what it is', async () => {
    const pull = await tracker.putPull(pullDraft({ body: 'Closes #1', labels: ['agent:managed'] }), {
      mayExist: false,
    });
    const text = await readFile(pull.url, 'utf8');
    expect(text).toBe(
      '---\ntitle: One\nstate: open\nlabels:\n  - agent:managed\nhead: locus/issue-1\nbase: main\ndraft: false\n---\n\nCloses #1\n',
    );
  });

  test('a folder that is not there fails the check', async () => {
    const missing = createLocalTracker({ commonDir: path.join(commonDir, 'none') });
    expect((await failureOf(missing.check())).type).toBe('TrackerRefused');
  });

  test('a folder that cannot be written is refused', async () => {
    await writeFile(path.join(commonDir, 'locus/pulls'), 'a file, not a folder');
    const failure = await failureOf(tracker.createIssue(draft({})));
    expect(failure.type).toBe('TrackerRefused');
    expect(failure.details.remedy).toContain(path.join(commonDir, 'locus'));
  });

  test('the lock of a process that died does not stop us, and nothing is left behind', async () => {
    const { pid } = await deadProcess();
    await writeFile(path.join(commonDir, 'locus/lock'), `${pid} ${hostname()} x`);
    await Promise.all([1, 2, 3, 4, 5].map((i) => tracker.createIssue(draft({ title: `${i}` }))));
    expect((await readdir(path.join(commonDir, 'locus'))).sort()).toEqual(['issues']);
    expect(await readdir(path.join(commonDir, 'locus/issues'))).toHaveLength(5);
  });

  test('a write waits for the lock of a process that lives', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      await writeFile(path.join(commonDir, 'locus/lock'), `${holder.pid} ${hostname()} x`);
      const writing = tracker.createIssue(draft({})).then(() => 'written');
      expect(await Promise.race([writing, sleep(150, 'waiting')])).toBe('waiting');
      await rm(path.join(commonDir, 'locus/lock'));
      expect(await writing).toBe('written');
    } finally {
      holder.kill('SIGKILL');
    }
  });
});

async function deadProcess(): Promise<{ pid: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', 'console.log(process.pid)']);
  return { pid: Number(stdout) };
}
