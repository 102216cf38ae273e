// Installs the real agent programs for `npm run test:agents`: once, into the cache, because they take 640 MB.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const dependencies = { '@anthropic-ai/claude-code': '2.1.197', '@openai/codex': '0.169.0' };
const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'locus');
const folder = path.join(cache, 'agents');
const manifest = JSON.stringify({ private: true, dependencies });

function isInstalled() {
  const file = path.join(folder, 'wanted.json');
  return existsSync(file) && readFileSync(file, 'utf8') === manifest;
}

if (!isInstalled()) {
  console.log(`installing ${Object.keys(dependencies).join(' and ')} into ${folder}`);
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  writeFileSync(path.join(fresh, 'package.json'), manifest);
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: fresh, stdio: 'inherit' });
  writeFileSync(path.join(fresh, 'wanted.json'), manifest);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}
console.log(folder);
