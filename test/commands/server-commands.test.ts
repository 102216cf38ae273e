import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { doctor } from '../../src/commands/doctor.ts';
import type { Check, DoctorInputs } from '../../src/commands/doctor-checks.ts';
import { down } from '../../src/commands/down.ts';
import { open } from '../../src/commands/open.ts';
import { worker } from '../../src/commands/worker.ts';
import { parseConfig } from '../../src/config/load.ts';
import { LocusFailure } from '../../src/domain/failures.ts';

let folder: string;
let printed: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'locus-commands-'));
  printed = [];
  jest.spyOn(console, 'log').mockImplementation((line) => void printed.push(String(line)));
});

afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, prints: string): Promise<void> {
  const file = path.join(folder, name);
  await writeFile(file, `#!/bin/sh\necho '${prints}'\n`);
  await chmod(file, 0o755);
}

function inputs(config: object, change: Partial<DoctorInputs> = {}): DoctorInputs {
  return {
    ...{ stateDir: folder, cacheDir: folder, root: folder, apiUrl: 'https://api.github.com', target: null },
    env: { PATH: folder },
    loadConfig: async () => ({ ...parseConfig(JSON.stringify(config)), path: 'config.json', exists: true }),
    ...change,
  };
}

async function examine(given: DoctorInputs): Promise<{ exit: number; checks: Record<string, Check> }> {
  const exit = await doctor({ json: true }, given);
  const checks = JSON.parse(printed.join('\n')) as Check[];
  return { exit, checks: Object.fromEntries(checks.map((check) => [check.title, check])) };
}

describe('doctor', () => {
  test('is content when a run could start', async () => {
    await program('git', 'git version 2.43.0');
    await program('claude', '2.1.0 (Claude Code)');
    const { exit, checks } = await examine(inputs({}, { env: { PATH: folder, GITHUB_TOKEN: 't' } }));
    expect(Object.values(checks).filter(({ state }) => state === 'missing')).toEqual([]);
    expect(exit).toBe(0);
    expect(checks.claude).toMatchObject({ state: 'ok', detail: '2.1.0 (Claude Code)' });
    expect(checks.codex?.state).toBe('optional');
    expect(checks.keeper?.state).toBe('optional');
  });

  test('names what is missing with its fix', async () => {
    await program('git', 'git version 2.30.1');
    const { exit, checks } = await examine(inputs({ ai: { provider: 'codex' } }));
    expect(exit).toBe(1);
    expect(checks.git).toMatchObject({ state: 'missing', fix: expect.stringContaining('2.38') });
    expect(checks.codex).toMatchObject({ state: 'missing', fix: 'npm install -g @openai/codex' });
    expect(checks.tracker).toMatchObject({ state: 'missing', fix: expect.stringContaining('gh auth login') });
  });

  test('needs no token and no agent program for a local tracker and a command', async () => {
    await program('git', 'git version 2.43.0');
    await program('robot', '');
    const config = { tracker: 'local', ai: { provider: 'command' }, agent: { command: ['robot'] } };
    const { exit, checks } = await examine(inputs(config));
    expect(exit).toBe(0);
    expect(checks.command).toMatchObject({ state: 'ok', detail: 'robot' });
  });

  test('says what is wrong with a config', async () => {
    const loadConfig = async () => {
      throw new LocusFailure('ConfigInvalid', 'agent.maxParallel must be a number');
    };
    const { exit, checks } = await examine(inputs({}, { loadConfig }));
    expect(exit).toBe(1);
    expect(checks.config?.detail).toBe('agent.maxParallel must be a number');
  });

  test('notices a configured server that does not answer', async () => {
    const target = { configured: true, address: '127.0.0.1:1', namespace: 'default', uiBase: null };
    const given = inputs(
      {},
      { target: { ...target, dataConverter: { payloadCodecs: [] }, connectionOptions: { address: target.address } } },
    );
    expect((await examine(given)).checks.Temporal?.state).toBe('missing');
  });

  test('prints a line for each thing', async () => {
    await doctor({}, inputs({}));
    expect(printed.find((line) => line.startsWith('✔ node'))).toContain(process.versions.node);
    expect(printed.find((line) => line.startsWith('✘ git'))).toContain('→ install git 2.38');
  });
});

describe('open', () => {
  test('prints the page of a run, and starts no browser without a display', async () => {
    const target = { uiBase: 'http://127.0.0.1:8233', namespace: 'default' };
    expect(await open({ runId: 'locus/a', print: false }, { target, env: {}, isTerminal: true })).toBe(0);
    expect(printed).toEqual(['http://127.0.0.1:8233/namespaces/default/workflows/locus%2Fa']);
  });

  test('says what to set when the Web UI is not known', async () => {
    const target = { uiBase: null, namespace: 'default' };
    await expect(open({ runId: null, print: true }, { target })).rejects.toMatchObject({
      details: { remedy: expect.stringContaining('TEMPORAL_UI_ADDRESS') },
    });
  });
});

describe('worker', () => {
  const address = process.env.TEMPORAL_ADDRESS;
  beforeEach(() => {
    process.env.TEMPORAL_ADDRESS = '127.0.0.1:1';
    jest.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(() => {
    if (address === undefined) delete process.env.TEMPORAL_ADDRESS;
    else process.env.TEMPORAL_ADDRESS = address;
  });

  test('ends with the exit code of the process it runs', async () => {
    const script = path.join(folder, 'worker.mjs');
    await writeFile(script, 'process.exit(process.env.LOCUS_STATE_DIR ? 3 : 4);');
    expect(await worker({ stateDir: folder, script })).toBe(3);
  });

  test('passes a request to end on to it', async () => {
    const script = path.join(folder, 'worker.mjs');
    const ready = path.join(folder, 'ready');
    await writeFile(
      script,
      `import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => process.exit(5));
writeFileSync(${JSON.stringify(ready)}, '');
setInterval(() => {}, 1000);`,
    );
    const exit = worker({ stateDir: folder, script });
    while (!existsSync(ready)) await sleep(20);
    process.emit('SIGTERM', 'SIGTERM');
    expect(await exit).toBe(5);
  });
});

test('down ends agents only when asked to', async () => {
  const endAgents = jest.fn(async () => 2);
  await down({ stateDir: folder, agents: false }, { endAgents });
  expect(endAgents).not.toHaveBeenCalled();
  await down({ stateDir: folder, agents: true }, { endAgents });
  expect(printed).toEqual(['Nothing was running.', 'Nothing was running.', 'Agents ended: 2.']);
});
