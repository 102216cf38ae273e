import { describe, expect, test } from '@jest/globals';
import { redactPii } from '../../../src/domain/gated/pii.ts';

/** In milliseconds. The square of 1 MiB takes minutes; a busy machine is a few times slower than an idle one. */
const tooLong = 3000;

const letters = (length: number) => 'aB3'.repeat(length).slice(0, length);
const token = `ghp_${letters(36)}`;
const jwt = `eyJ${letters(20)}.${letters(30)}.${letters(10)}`;
const pem = (name: string, body: string) => `-----BEGIN ${name}-----\n${body}\n-----END ${name}-----`;

describe('each form', () => {
  test.each([
    ['anthropic_key', `sk-ant-api03-${letters(40)}_x`],
    ['openai_key', `sk-${letters(48)}`],
    ['openai_key', `sk-proj-${letters(30)}-_`],
    ['github_token', token],
    ['github_token', `ghs_${letters(60)}`],
    ['github_token', `github_pat_${letters(30)}_${letters(30)}`],
    ['github_oauth', `gho_${letters(36)}`],
    ['aws_key', 'AKIAIOSFODNN7EXAMPLE'],
    ['email', 'ann.o+x@mail.example.org'],
    ['phone', '555-123-4567'],
    ['phone', '555.123.4567'],
    ['phone', '5551234567'],
    ['ssn', '123-45-6789'],
    ['credit_card', '4111 1111 1111 1111'],
    ['credit_card', '4111-1111-1111-1111'],
    ['jwt', jwt],
    ['private_key', pem('PRIVATE KEY', letters(200))],
    ['private_key', pem('RSA PRIVATE KEY', `${letters(64)}\r\n${letters(64)}`)],
    ['private_key', pem('PGP PRIVATE KEY BLOCK', letters(64))],
    ['slack_webhook', 'https://hooks.slack.com/services/T0/B0/x'],
    ['discord_webhook', 'https://discord.com/api/webhooks/1/x-y'],
  ])('%s goes, what is around it stays', (type, value) => {
    expect(redactPii(`before (${value}`)).toEqual({
      status: 'WARN',
      text: `before ([REDACTED_${type.toUpperCase()}]`,
      redactions: 1,
      types: [type],
      counts: { [type]: 1 },
    });
  });

  test.each([
    '',
    'nothing here',
    '192.168.100.200',
    'v1.2.3',
    'a@b',
    '@everyone',
    '2026-11-21T10:00:00Z',
    'sk-ant-short',
  ])('%j passes', (text) =>
    expect(redactPii(text)).toEqual({ status: 'PASS', text, redactions: 0, types: [], counts: {} }),
  );

  test('a private key without an end goes to the end of the text', () => {
    expect(redactPii(`a\n-----BEGIN EC PRIVATE KEY-----\n${letters(100)}`).text).toBe('a\n[REDACTED_PRIVATE_KEY]');
  });
});

test('C109 two e-mail addresses and a token are three redactions, and are shown nowhere', () => {
  const report = redactPii(`ann@example.com wrote to bob@example.org:\r\nuse ${token}, please`);
  expect(report).toMatchObject({ status: 'WARN', redactions: 3, types: ['email', 'github_token'] });
  expect(report.counts).toEqual({ email: 2, github_token: 1 });
  expect(report.text).toBe('[REDACTED_EMAIL] wrote to [REDACTED_EMAIL]:\r\nuse [REDACTED_GITHUB_TOKEN], please');
});

describe('matches that overlap are replaced once', () => {
  test.each([
    [`https://hooks.slack.com/${token}/x y`, '[REDACTED_SLACK_WEBHOOK] y', { slack_webhook: 1 }],
    [`https://ann:${token}@github.com/x`, 'https://ann:[REDACTED_GITHUB_TOKEN]@github.com/x', { github_token: 1 }],
    [pem('PRIVATE KEY', 'AKIAIOSFODNN7EXAMPLE\nann@example.com'), '[REDACTED_PRIVATE_KEY]', { private_key: 1 }],
    [`${token}${token}`, '[REDACTED_GITHUB_TOKEN][REDACTED_GITHUB_TOKEN]', { github_token: 2 }],
    ['a@b.co_c@d.org', '[REDACTED_EMAIL][REDACTED_EMAIL]', { email: 2 }],
    [`eyJab.${jwt}`, 'eyJab.[REDACTED_JWT]', { jwt: 1 }],
    [`sk-ant-${letters(50)}`, '[REDACTED_ANTHROPIC_KEY]', { anthropic_key: 1 }],
  ])('%j', (text, clean, counts) => expect(redactPii(text)).toMatchObject({ text: clean, counts }));

  test('and a second time nothing is found', () => {
    const once = redactPii(`${token} ann@example.com ${jwt} password: x +491234567890 /home/ann/x`, {
      mode: 'anonymize',
      bugImport: true,
    });
    expect(redactPii(once.text, { mode: 'anonymize', bugImport: true })).toMatchObject({
      redactions: 0,
      text: once.text,
    });
  });
});

describe('home folders', () => {
  test.each([
    ['at /home/ann/src/a.ts:3', 'at /home/[USER]/src/a.ts:3'],
    ['/Users/ann lee/x', '/Users/[USER] lee/x'],
    ['cd /home/ann, then', 'cd /home/[USER], then'],
    ['/home/ann.', '/home/[USER].'],
    ['PATH=/home/ann:/home/bob/bin', 'PATH=/home/[USER]:/home/[USER]/bin'],
    ['C:\\Users\\ann\\x', 'C:\\Users\\[USER]\\x'],
    ['/home/é\n', '/home/[USER]\n'],
    ['/home/', '/home/'],
  ])('lose their name when anonymised: %j', (text, clean) => {
    expect(redactPii(text, { mode: 'anonymize' }).text).toBe(clean);
    expect(redactPii(text).text).toBe(text);
  });
});

describe('the text of an imported bug', () => {
  const clean = (text: string) => redactPii(text, { bugImport: true }).text;

  test.each([
    ['Authorization: Bearer abc-1.2~3==', 'Authorization: [REDACTED_BEARER]'],
    ['Password=hunter2 x', '[REDACTED_PASSWORD] x'],
    ['"password": "a b"', '"[REDACTED_PASSWORD] b"'],
    ['password: ann@example.org', '[REDACTED_PASSWORD]'],
    ['call +4915112345678', 'call [REDACTED_PHONE_INTL]'],
    ['ann@example.org', '[REDACTED_EMAIL]'],
  ])('loses more: %j', (text, expected) => expect(clean(text)).toBe(expected));

  test.each([
    'test@example.com at 127.0.0.1 and 10.0.0.12 and localhost',
    '2001:db8::1',
    'commit a1234567890',
    '0x1234567890ab',
    'bearers of news',
  ])('keeps %j', (text) => expect(clean(text)).toBe(text));

  test('the example address is only one there', () => expect(redactPii('test@example.com').redactions).toBe(1));
});

test('more than 1 MiB is refused with words', () => {
  expect(redactPii('x'.repeat(1_048_576)).status).toBe('PASS');
  expect(() => redactPii('x'.repeat(1_048_577))).toThrow(
    'the text has 1048577 characters, the guardrails look at 1 MiB',
  );
  expect(() => redactPii('é'.repeat(524_289))).toThrow('the text has 1048578 bytes');
});

test.each([
  'a',
  'eyJ',
  'eyJaaaaaaaaaa.',
  '@',
  'a@a.',
  'a@b.co ',
  '-----BEGIN A ',
  '-----BEGIN PRIVATE KEY-----',
  '-----END A ',
  'password=',
  'password ',
  '/home/',
  '/home/a',
  'sk-ant-',
  'a1234567890',
  '1111 ',
  'ghp_',
  'https://hooks.slack.com/',
])('one MiB of %j takes no more than its length', (piece) => {
  const text = piece.repeat(Math.floor(1_048_576 / piece.length));
  const started = performance.now();
  redactPii(text, { mode: 'anonymize', bugImport: true });
  expect(performance.now() - started).toBeLessThan(tooLong);
});
