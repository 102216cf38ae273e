import { afterEach, expect, jest, test } from '@jest/globals';
import type { RunEvent } from '../../src/domain/events.ts';
import { openPrinter } from '../../src/ui/printer.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** Clears the screen, sets the title, and rings. */
const hostile = '\u001b[2J\u001b]0;owned\u0007\u009b31m';
const stamp = { runId: 'r', at: '2026-01-01T00:00:00.000Z' };
const halted: RunEvent = {
  ...{ ...stamp, event: 'run.halted', resume: 'locus run --resume' },
  ...{ reason: `reason ${hostile}`, remedy: `remedy ${hostile}`, files: [`file ${hostile}`] },
};
const failed: RunEvent = {
  ...{ ...stamp, event: 'task.finished', issue: 1, order: null, status: 'failed', branch: 'b', pr: null },
  ...{ title: `title ${hostile}`, durationMs: 1 },
  error: { type: 'AgentFailed', message: `message ${hostile}`, remedy: `see ${hostile}` },
};
const waiting: RunEvent = { ...stamp, event: 'run.waiting', reason: `starts ${hostile}`, until: stamp.at };

test('no text from outside reaches the terminal with its escape sequences', () => {
  const written: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const printer = openPrinter({ json: false });
  for (const event of [halted, failed, waiting]) printer.event(event);
  printer.note(`note ${hostile}\nsecond line`);
  printer.close();
  const text = written.join('');
  expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  for (const words of ['reason', 'remedy', 'file', 'title', 'message', 'see', 'starts']) expect(text).toContain(words);
  expect(text).toContain('\nsecond line\n');
});

test('with --json what is for people comes to stderr without them, and the JSON keeps what was said', () => {
  const out: string[] = [];
  const err: string[] = [];
  jest.spyOn(console, 'log').mockImplementation((text) => void out.push(String(text)));
  jest.spyOn(console, 'error').mockImplementation((text) => void err.push(String(text)));
  const printer = openPrinter({ json: true });
  printer.event(halted);
  printer.note(`note ${hostile}`);
  expect(JSON.parse(out.join(''))).toEqual(halted);
  expect(err).toEqual(['note [2J]0;owned31m']);
});
