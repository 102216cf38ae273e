import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { LocusFailure } from '../../src/domain/failures.ts';
import { openTracker } from '../../src/trackers/open.ts';

const gitHub = { kind: 'github', apiUrl: 'https://api.github.com', owner: 'acme', repo: 'shop' } as const;

test('a local tracker needs no token', async () => {
  expect((await openTracker({ kind: 'local', commonDir: tmpdir() }, null)).kind).toBe('local');
});

test('GitHub opens with a token', async () => {
  expect((await openTracker(gitHub, 'ghp_x')).kind).toBe('github');
});

test('GitHub without a token is CredentialsMissing', async () => {
  await expect(openTracker(gitHub, null)).rejects.toThrow(
    new LocusFailure('CredentialsMissing', 'no token for acme/shop on GitHub'),
  );
});
