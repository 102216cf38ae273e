import { expect, test } from '@jest/globals';
import { redact } from '../../src/domain/redact.ts';

// Put together here, so that no scanner takes this file for a leak.
const long = 'aB3'.repeat(14);

test.each([
  ['a GitHub token', `x ghp_${long} y`, 'x [redacted] y'],
  [
    "GitHub's other tokens",
    `gho_${long} ghs_${long} ghu_${long} ghr_${long}`,
    '[redacted] [redacted] [redacted] [redacted]',
  ],
  ['a fine-grained token', `github_pat_${long}_${long}`, '[redacted]'],
  ['an Anthropic key', `key=sk-ant-api03-${long}`, 'key=[redacted]'],
  ['an OpenAI key', `"sk-proj-${long}"`, '"[redacted]"'],
  ['an AWS key id', `AKIA${'ABCD'.repeat(4)}.`, '[redacted].'],
  ['an AWS secret', `AWS_SECRET_ACCESS_KEY=${long}`, 'AWS_SECRET_ACCESS_KEY=[redacted]'],
  ['a bearer header', `Authorization: Bearer ${long}`, 'Authorization: Bearer [redacted]'],
  ['a curl line', `curl -H "authorization: token ${long}" x`, 'curl -H "authorization: token [redacted]" x'],
  ['a password in a URL', 'https://me:s3cret@example.com/x', 'https://me:[redacted]@example.com/x'],
  [
    'a private key',
    `a\n-----BEGIN RSA PRIVATE KEY-----\n${long}\n-----END RSA PRIVATE KEY-----\nb`,
    'a\n[redacted]\nb',
  ],
  ['a private key that was cut', `-----BEGIN OPENSSH PRIVATE KEY-----\n${long}`, '[redacted]'],
])('%s is taken out', (_name, text, clean) => {
  expect(redact(text)).toBe(clean);
});

test.each([
  'add risk-assessment-of-the-new-search-page to the docs',
  'ghp_ and sk-ant are prefixes',
  'https://example.com:8080/path@2x.png',
  'The bearer of this ticket may enter',
  'commit 0123456789abcdef0123456789abcdef01234567',
])('%j is left alone', (text) => {
  expect(redact(text)).toBe(text);
});

test('given secrets are taken out word for word, the longest first, and short words are not secrets', () => {
  expect(redact('a.b+c$secret and a.b+c$ and on', ['a.b+c$', 'a.b+c$secret', 'on', ''])).toBe(
    '[redacted] and [redacted] and on',
  );
});
