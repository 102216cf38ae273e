import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { configuredTemporal, resolveTemporal, workflowsUrl, workflowUrl } from '../../src/server/connection.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'locus-connection-'));
  await writeFile(
    path.join(home, 'temporal.toml'),
    '[profile.default]\nnamespace = "n"\n[profile.prod]\naddress = "prod:7233"\nnamespace = "team"\napi_key = "k"\n',
  );
  await writeFile(path.join(home, 'broken.toml'), 'this is [ no toml');
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('without an address nothing is configured', async () => {
  expect(await configuredTemporal({ HOME: home })).toBeNull();
  expect(await configuredTemporal({ HOME: home, TEMPORAL_ADDRESS: '' })).toBeNull();
  const profileWithoutAddress = { HOME: home, TEMPORAL_CONFIG_FILE: path.join(home, 'temporal.toml') };
  expect(await configuredTemporal(profileWithoutAddress)).toBeNull();
});

test('an address in the environment is used, with the Web UI that is named', async () => {
  const env = { HOME: home, TEMPORAL_ADDRESS: 'box:7233', TEMPORAL_UI_ADDRESS: 'box:8080/' };
  expect(await configuredTemporal(env)).toMatchObject({
    configured: true,
    address: 'box:7233',
    namespace: 'default',
    uiBase: 'http://box:8080',
  });
});

test('a profile with an address is used', async () => {
  const env = { HOME: home, TEMPORAL_CONFIG_FILE: path.join(home, 'temporal.toml'), TEMPORAL_PROFILE: 'prod' };
  expect(await configuredTemporal(env)).toMatchObject({
    address: 'prod:7233',
    namespace: 'team',
    connectionOptions: { address: 'prod:7233', apiKey: 'k', tls: true },
    uiBase: null,
  });
});

test('Temporal Cloud has its own Web UI', async () => {
  const target = await configuredTemporal({ HOME: home, TEMPORAL_ADDRESS: 'n.acct.tmprl.cloud:7233' });
  expect(target?.uiBase).toBe('https://cloud.temporal.io');
});

test('a broken profile file is a failure that says so', async () => {
  const env = { HOME: home, TEMPORAL_CONFIG_FILE: path.join(home, 'broken.toml') };
  await expect(configuredTemporal(env)).rejects.toMatchObject({ type: 'ConfigInvalid' });
});

test('the embedded server that must not be started and does not run is a failure with what to do', async () => {
  const address = process.env.TEMPORAL_ADDRESS;
  delete process.env.TEMPORAL_ADDRESS;
  try {
    await expect(resolveTemporal({ stateDir: home, onProgress: () => {}, start: false })).rejects.toMatchObject({
      type: 'ServerUnavailable',
      details: { remedy: expect.stringContaining('locus up') },
    });
  } finally {
    if (address !== undefined) process.env.TEMPORAL_ADDRESS = address;
  }
});

test('a run has a page in the Web UI', () => {
  const target = { uiBase: 'http://127.0.0.1:8233', namespace: 'default' };
  expect(workflowUrl(target, 'locus/o/r/issue/4')).toBe(
    'http://127.0.0.1:8233/namespaces/default/workflows/locus%2Fo%2Fr%2Fissue%2F4',
  );
  expect(workflowsUrl({ ...target, uiBase: null })).toBeNull();
});
