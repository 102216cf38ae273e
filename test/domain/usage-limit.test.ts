import { describe, expect, test } from '@jest/globals';
import { usageLimit } from '../../src/domain/usage-limit.ts';

const now = Date.parse('2026-11-21T12:26:00Z');
const zone = 'Europe/Berlin';
const limitOf = (text: string, at = now, signs = {}) =>
  usageLimit({ text, status: null, until: null, ...signs }, at, zone);
const untilOf = (text: string, at = now) => {
  const limit = limitOf(text, at);
  if (limit === null) return 'no limit';
  return limit.until === null ? 'unknown' : new Date(limit.until).toISOString();
};

describe('the end of a limit is read', () => {
  test.each([
    // Recorded: claude 2.1.197.
    ["You've hit your session limit · resets 9:55am (America/New_York)", '2026-11-21T14:55:00.000Z'],
    ["You've hit your weekly limit · resets Nov 25, 9:55am (America/New_York)", '2026-11-25T14:55:00.000Z'],
    // Recorded: codex 0.169.
    [
      'You’ve hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), visit https://chatgpt.com/settings/usage to purchase more credits or try again at 2:55 PM.',
      '2026-11-21T13:55:00.000Z',
    ],
    [
      'You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more credits or try again at Nov 25th, 2026 2:55 PM.',
      '2026-11-25T13:55:00.000Z',
    ],
    // Seen in public threads, of other versions.
    [`Claude AI usage limit reached|${Date.parse('2026-11-21T14:00:00Z') / 1000}`, '2026-11-21T14:00:00.000Z'],
    ["You've hit your limit · resets 3pm (Asia/Tokyo)", '2026-11-22T06:00:00.000Z'],
    ["You've hit your limit · resets 4pm (Asia/Kuala_Lumpur)", '2026-11-22T08:00:00.000Z'],
    ["You've hit your Opus limit · resets Nov 24, 5pm (UTC)", '2026-11-24T17:00:00.000Z'],
    ['5-hour limit reached ∙ resets 3pm', '2026-11-21T14:00:00.000Z'],
    ['Weekly limit reached ∙ resets Nov 26 at 12pm', '2026-11-26T11:00:00.000Z'],
    ['Claude usage limit reached. Your limit will reset at 1pm (Etc/GMT+5).', '2026-11-21T18:00:00.000Z'],
    ['You’ve hit your limit for Claude messages. Limits will reset at 9:30 PM.', '2026-11-21T20:30:00.000Z'],
    [
      "You've hit your usage limit. Upgrade to Pro (https://openai.com/chatgpt/pricing) or try again in 5 days 22 hours 11 minutes.",
      '2026-11-27T10:37:00.000Z',
    ],
    ["You've hit your usage limit. Try again in 3 hours 2 minutes.", '2026-11-21T15:28:00.000Z'],
    [
      'You have reached your usage limit. Upgrade your plan or add credits to continue, or try again after November 23, 2026 at 2:45 PM.',
      '2026-11-23T13:45:00.000Z',
    ],
    [
      'stream disconnected before completion: Rate limit is exceeded. Try again in 17 seconds.',
      '2026-11-21T12:26:17.000Z',
    ],
    [
      'Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000. Please try again in 1.5s.',
      '2026-11-21T12:26:01.500Z',
    ],
    ['usage limit reached, resets at 15:00 UTC', '2026-11-21T15:00:00.000Z'],
    ['usage limit reached; retry after 2026-11-21T16:30:00Z', '2026-11-21T16:30:00.000Z'],
  ])('%s', (text, until) => {
    expect(untilOf(text)).toBe(until);
  });
});

describe('a limit without an end that can be believed backs off', () => {
  test.each([
    "API Error: Server is temporarily limiting requests (not your usage limit) · This request would exceed your account's rate limit. Please try again later.",
    "API Error: Request rejected (429) · This request would exceed your account's rate limit. Please try again later.",
    'API Error: 529 Overloaded. This is a server-side issue, usually temporary — try again in a moment.',
    'API Error (529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})',
    'Repeated 529 Overloaded errors',
    'exceeded retry limit, last status: 429 Too Many Requests',
    'exceeded retry limit, last status: 429 Too Many Requests, request id: 9c84b52ce87fbe62-SJC',
    'You’ve hit your usage limit. To get more access now, send a request to your admin or try again later.',
    "You've hit your org's monthly spend limit · ask your admin to raise it at claude.ai/settings/usage",
    "You're out of usage credits",
    'Credit balance is too low',
    'Quota exceeded. Check your plan and billing details.',
    'Selected model is at capacity. Please try a different model.',
    'Opus is experiencing high load, please use /model to switch to Sonnet',
    'You hit your spend cap set by the owner of your workspace.',
    // More than eight days away, and long past.
    "You've hit your usage limit. Try again at Dec 21st, 2026 8:19 PM.",
    'Claude AI usage limit reached|1749924000',
    "You've hit your limit · resets Nov 20, 3pm (UTC)",
    "You've hit your limit · resets 27pm (UTC)",
    "You've hit your limit · resets Smarch 13, 3pm (UTC)",
  ])('%s', (text) => {
    expect(untilOf(text)).toBe('unknown');
  });
});

describe('other failures are no limits', () => {
  test.each([
    'API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment.',
    'We’re currently experiencing high demand, which may cause temporary errors.',
    'Invalid API key · Fix external API key',
    'unexpected status 401 Unauthorized: Incorrect API key provided, url: http://127.0.0.1:44801/v1/responses',
    'unexpected status 404 Not Found: The model `gpt-9` does not exist',
    'To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.',
    'Prompt is too long',
    "Claude's response exceeded the 32000 output token maximum.",
    "Codex ran out of room in the model's context window. You reached its context limit.",
    'Reached maximum number of turns (50)',
    'stream disconnected before completion: error sending request',
    'the tests of the rate limiter fail in src/rate-limit.ts',
    'connect ECONNREFUSED 127.0.0.1:4290',
    '',
  ])('%s', (text) => {
    expect(untilOf(text)).toBe('no limit');
  });
});

describe('times', () => {
  test.each([
    ['three o’clock is tomorrow’s, once it is past', '2026-11-21T14:30:00Z', 'resets 3pm', '2026-11-22T14:00:00.000Z'],
    ['but not within the minute that it names', '2026-11-21T14:00:40Z', 'resets 3pm', '2026-11-21T14:01:40.000Z'],
    ['also over midnight', '2026-11-21T23:01:00Z', 'resets 11:59pm', '2026-11-21T23:02:00.000Z'],
    ['midnight and noon', '2026-11-21T12:00:00Z', 'resets 12am', '2026-11-21T23:00:00.000Z'],
    ['noon', '2026-11-21T10:00:00Z', 'resets 12pm', '2026-11-21T11:00:00.000Z'],
    ['the night in which clocks are set back', '2026-10-24T20:00:00Z', 'resets 4am', '2026-10-25T03:00:00.000Z'],
    ['the hours before that', '2026-10-24T20:00:00Z', 'resets 1:30am', '2026-10-24T23:30:00.000Z'],
    ['the night in which clocks are set forward', '2026-03-28T20:00:00Z', 'resets 4am', '2026-03-29T02:00:00.000Z'],
    [
      'the zone of the text, on the other side of a date',
      '2026-11-21T23:30:00Z',
      'resets 1am (Pacific/Auckland)',
      '2026-11-22T12:00:00.000Z',
    ],
    ['an unknown zone counts for nothing', '2026-11-21T12:00:00Z', 'resets 3pm (my time)', '2026-11-21T14:00:00.000Z'],
    ['January, told in December', '2026-12-30T12:00:00Z', 'resets Jan 3, 9am', '2027-01-03T08:00:00.000Z'],
    ['January, told with its year', '2026-12-30T12:00:00Z', 'resets Jan 3, 2027, 9am', '2027-01-03T08:00:00.000Z'],
    ['a date that is just past', '2026-11-21T12:00:00Z', 'resets Nov 21, 12:50pm', '2026-11-21T12:01:00.000Z'],
    ['a narrow space before PM', '2026-11-21T12:00:00Z', 'resets 3:05\u202fPM', '2026-11-21T14:05:00.000Z'],
  ])('%s', (_words, at, text, until) => {
    expect(untilOf(`You've hit your limit · ${text}`, Date.parse(at))).toBe(until);
  });
});

describe('what the agent tells besides', () => {
  test.each([429, 529])('the status %d is a limit, whatever the text', (status) => {
    expect(limitOf('what a day', now, { status })).toEqual({ until: null });
  });

  test.each([401, 404, 500, 503])('the status %d is none, whatever the text', (status) => {
    expect(limitOf('usage limit reached', now, { status })).toBeNull();
  });

  test('the status 400 leaves it to the text', () => {
    expect(limitOf('Credit balance is too low', now, { status: 400 })).toEqual({ until: null });
    expect(limitOf('bad request', now, { status: 400 })).toBeNull();
  });

  test('a reset told as a number comes before the text’s', () => {
    const until = now + 3_600_000;
    expect(limitOf("You've hit your limit · resets 3pm", now, { status: 429, until })).toEqual({ until });
  });

  test('alone it is no limit: the work may have failed by something else', () => {
    expect(limitOf('bad request', now, { until: now + 1000 })).toBeNull();
  });
});
