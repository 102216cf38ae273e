#!/usr/bin/env node
// Stands for a coding agent in the end-to-end tests. It obeys the directives in the issue's body, one a line, and writes
// each of its starts and ends to the file named by E2E_LOG. An issue without directives gets the file `issue-<n>.txt`.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { claude, command } from './claude.mjs';

const log = process.env.E2E_LOG;
const issue = Number(process.env.LOCUS_TASK);
const earlier = starts();
const session = process.argv.find((_word, at, words) => words[at - 1] === '--resume');
note('start', { session });
const speaker = process.argv.includes('stream-json') ? claude(session) : command();

const directives = {
  write: (file, ...words) => {
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    writeFileSync(file, `${words.join(' ') || `work on #${issue}`}\n`);
  },
  append: (file, ...words) => appendFileSync(file, `${words.join(' ') || `work on #${issue}`}\n`),
  commit: (...words) => {
    execFileSync('git', ['add', '-A']);
    const message = words.join(' ') || `feat: by the agent (#${issue})`;
    execFileSync('git', ['-c', 'user.name=Agent', '-c', 'user.email=agent@example.com', 'commit', '-q', '-m', message]);
  },
  say: (...words) => console.log(words.join(' ')),
  sleep: (seconds) => delay(Number(seconds) * 1000),
  // Waits for a file beside the log, which the test makes when it has seen what it wanted to see.
  gate: async (name) => {
    while (!existsSync(path.join(path.dirname(log), name))) await delay(20);
  },
  fail: (...words) => end(1, words.join(' ') || 'told to end badly'),
  'fail-once': (...words) => earlier < 1 && end(1, words.join(' ') || 'told to end badly once'),
  // Ends badly in each of its first starts.
  'fail-first': (times, ...words) => earlier < Number(times) && end(1, words.join(' ') || 'told to end badly'),
  // Meets its account's usage limit, which ends in so many seconds.
  limit: (seconds) => {
    const { code, text, until } = speaker.limit(Number(seconds));
    end(code, text, { until });
  },
  cost: (usd) => speaker.cost(Number(usd)),
  // The rest of the line is for the shell.
  shell: (...words) => spawnSync('sh', ['-c', words.join(' ')], { stdio: 'ignore' }),
  // The rest of the line is another directive, obeyed in its first start alone.
  once: (verb, ...words) => earlier < 1 && directives[verb](...words),
  nothing: () => {},
};

const lines = bodyIn(readFileSync(0, 'utf8')).filter((line) => Object.hasOwn(directives, line.split(' ', 1)[0]));
if (lines.length === 0) lines.push(`write issue-${issue}.txt`);
for (const line of lines) {
  const [verb, ...words] = line.split(' ');
  await directives[verb](...words);
}
speaker.end(`Done with #${issue}.`);
note('end', { code: 0 });

function end(code, text, more = {}) {
  console.error(text);
  note('end', { code, ...more });
  process.exit(code);
}

function note(event, more = {}) {
  if (!log) return;
  const { LOCUS_ATTEMPT: attempt, LOCUS_RUN: run } = process.env;
  const line = { event, issue, attempt, run, pid: process.pid, cwd: process.cwd(), at: Date.now(), ...more };
  appendFileSync(log, `${JSON.stringify(line)}\n`);
}

/** How often an agent was started for this issue before. */
function starts() {
  if (!log || !existsSync(log)) return 0;
  const told = readFileSync(log, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse);
  return told.filter((line) => line.event === 'start' && line.issue === issue).length;
}

/** The issue's title and body; not its comments, nor the diff of earlier tasks. */
function bodyIn(prompt) {
  const [, task = ''] = prompt.split(/^# Task: issue #/m);
  const [own = ''] = task.split(/^(?:Comments, oldest first|# The sprint so far|# Repository)/m);
  return own.split('\n').map((line) => line.trim());
}
