#!/usr/bin/env node
// Stands for a coding agent. It obeys the directives in its prompt, one a line, and speaks as LOCUS_FAKE_PROVIDER tells
// it to (claude, codex, command). Lines that are no directive are ignored, so a real prompt may surround them.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { speakers } from './speakers.mjs';

const provider = process.env.LOCUS_FAKE_PROVIDER ?? 'command';
const resumed = process.argv.find((_arg, at, all) => all[at - 1] === '--resume') ?? null;
const session = resumed ?? (provider === 'codex' && process.argv.includes('resume') ? process.argv.at(-2) : null);
const speaker = speakers[provider](session ?? `session-${process.pid}`);
const directives = {
  say: (text) => speaker.text(text),
  raw: (text) => process.stdout.write(text.replaceAll('\\n', '\n')),
  stderr: (text) => process.stderr.write(`${text}\n`),
  write: (file, ...words) => {
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    writeFileSync(file, `${words.join(' ')}\n`);
    speaker.tool('Write', file);
  },
  commit: (...words) => {
    execFileSync('git', ['add', '-A']);
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', words.join(' ')]);
  },
  sleep: (ms) => delay(Number(ms)),
  hang: () => new Promise(() => setInterval(() => {}, 1000)),
  'ignore-term': () => {
    process.on('SIGTERM', () => {});
  },
  // A process of its own session, which the agent's process group does not reach.
  escape: (file) => spawnWriter(file, true),
  // A process that stays in the group.
  linger: (file) => spawnWriter(file, false),
  environment: (file) => writeFileSync(file, JSON.stringify(process.env)),
  flood: async (megabytes) => {
    const line = `${'x'.repeat(1023)}\n`.repeat(1024);
    for (let written = 0; written < Number(megabytes); written += 1) writeFileSync(1, line);
  },
  length: () => speaker.text(`${prompt.length} characters`),
  fail: (...words) => {
    speaker.fail(words.join(' '));
    process.exit(1);
  },
  exit: (code) => process.exit(Number(code)),
  die: (signal) => process.kill(process.pid, signal),
};

const prompt = readFileSync(0, 'utf8');
speaker.begin();
for (const line of prompt.split('\n')) {
  const [verb, ...words] = line.split(' ');
  if (!Object.hasOwn(directives, verb)) continue;
  const whole = ['say', 'raw', 'stderr'].includes(verb);
  await directives[verb](...(whole ? [words.join(' ')] : words));
}
speaker.end('All done.');

function spawnWriter(file, detached) {
  const script = `let n = 0; process.on('SIGTERM', () => {}); setInterval(() => require('fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + n++), 50)`;
  spawn(process.execPath, ['-e', script], { detached, stdio: 'ignore' }).unref();
}
