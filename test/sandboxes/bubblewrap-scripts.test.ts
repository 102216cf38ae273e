import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bubblewrap } from '../../src/sandboxes/os/bubblewrap.ts';
import { repositoryIn } from '../support/agents/repository.ts';

const skipped = process.env.LOCUS_SKIP_SANDBOX_TESTS === '1' || process.platform !== 'linux';

(skipped ? describe.skip : describe)('a script, inside bubblewrap', () => {
  let root: string;
  const confinement = () => repositoryIn(root, path.join(root, 'state', 'attempts', 'a1')).confinement;

  beforeEach(() => {
    const cache = path.join(homedir(), '.cache');
    mkdirSync(cache, { recursive: true });
    root = realpathSync(mkdtempSync(path.join(cache, 'locus-bwrap-')));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** stdout of a command, confined. */
  async function output(argv: readonly string[]): Promise<string> {
    const confined = confinement();
    const env = { PATH: process.env.PATH ?? '', HOME: confined.home };
    const [program = '', ...args] = (await bubblewrap.wrap(argv, confined, env)).argv;
    return spawnSync(program, args, { env, encoding: 'utf8' }).stdout;
  }

  test('that the command names is there, with what lies beside it, also under /tmp', async () => {
    const folder = mkdtempSync('/tmp/locus-script-');
    try {
      writeFileSync(path.join(folder, 'beside.mjs'), "export const word = 'found';\n");
      const script = path.join(folder, 'agent.mjs');
      writeFileSync(script, "import { word } from './beside.mjs';\nconsole.log(word);\n");
      expect(await output([process.execPath, script])).toBe('found\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('that lies in /tmp itself does not show the rest of /tmp', async () => {
    const [script, secret] = [`/tmp/locus-agent-${process.pid}.sh`, `/tmp/locus-secret-${process.pid}`];
    try {
      writeFileSync(script, `cat ${secret} || echo hidden; echo x > /tmp/made && echo writable\n`);
      writeFileSync(secret, 'secret');
      expect(await output(['sh', script])).toBe('hidden\nwritable\n');
    } finally {
      for (const file of [script, secret]) rmSync(file, { force: true });
    }
  });
});
