import { describe, expect, test } from '@jest/globals';
import { doneComment, failedComment } from '../../src/domain/comment.ts';

const task = { runId: 'locus/acme/app/sprint/v2', issue: 42, durationMs: 125_000 };
const failure = { message: 'the tests fail', remedy: 'see `locus logs`' };

test('a done task gets its summary, its duration and its pull request', () => {
  const { marker, body } = doneComment({ ...task, summary: 'Added the page.\n', pr: 7 });
  expect(marker).toBe('<!-- locus: locus/acme/app/sprint/v2/42/done -->');
  expect(body).toBe(`🤖 **Locus execution complete**\n\nAdded the page.\n\nDuration: 2m 5s  \nPR: #7\n\n${marker}`);
});

test('a done task without a pull request or a summary names neither', () => {
  const { marker, body } = doneComment({ ...task, summary: ' ', pr: null });
  expect(body).toBe(`🤖 **Locus execution complete**\n\nDuration: 2m 5s\n\n${marker}`);
});

test('a failed task gets its error fenced, its files, and what to do', () => {
  const { marker, body } = failedComment({ ...task, failure: { ...failure, files: ['src/a.ts'] } });
  expect(marker).toBe('<!-- locus: locus/acme/app/sprint/v2/42/failed -->');
  expect(body).toBe(
    '🤖 **Locus execution failed**\n\n```\nthe tests fail\nsrc/a.ts\n```\n\n' +
      `What to do: see \`locus logs\`  \nDuration: 2m 5s\n\n${marker}`,
  );
});

test('an error cannot leave its fence', () => {
  const { body } = failedComment({ ...task, failure: { ...failure, message: 'a\n````\n@everyone' } });
  expect(body).toContain('\n`````\na\n````\n@everyone\n`````\n');
});

describe('what an agent wrote', () => {
  test('mentions nobody, closes nothing and forges no marker', () => {
    const { body } = doneComment({
      ...task,
      summary: 'thanks @octocat, fixes #1, ![x](http://e.example/) <!-- locus: locus/acme/app/sprint/v2/43/done -->',
      pr: null,
    });
    expect(body).not.toMatch(/@octocat|#1|\]\(/);
    expect(body.match(/<!--/g)).toHaveLength(1);
  });

  test('loses its secrets', () => {
    const token = `ghp_${'a1'.repeat(20)}`;
    const comments = [
      doneComment({ ...task, summary: `used ${token} and hunter22`, pr: null }, ['hunter22']),
      failedComment({ ...task, failure: { ...failure, message: `${token} hunter22` } }, ['hunter22']),
    ];
    for (const { body } of comments) expect(body).not.toMatch(/ghp_|hunter22/);
  });
});

describe('a text that is too long', () => {
  test.each(['x', '🚀', '`', '@a ', 'line\n'])(
    'of %j is cut at the limit, says so, and keeps what follows it',
    (piece) => {
      const text = piece.repeat(70_000);
      const comments = [
        doneComment({ ...task, summary: text, pr: 7 }),
        failedComment({ ...task, failure: { ...failure, message: text } }),
      ];
      for (const { marker, body } of comments) {
        expect(body.length).toBeLessThanOrEqual(65_536);
        expect(body).toContain('cut here: the tracker takes no more than 65536 characters');
        expect(body).toContain('Duration: 2m 5s');
        expect(body.endsWith(marker)).toBe(true);
        expect(body).not.toMatch(/\p{Cs}/u);
      }
    },
  );
});
