// `npm run test:cluster`: two networks, Temporal's development server and Temporal on PostgreSQL, then the tests of
// several hosts with all of it, then nothing of it is left. Arguments go to jest.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTemporalBinary } from '../../dist/server/binary.js';
import { cacheDir } from '../../dist/server/state.js';
import { openNetwork } from './network.mjs';
import { obtainPrograms } from './programs.mjs';
import { startDevServer, startOnPostgres } from './temporal.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'lo-cluster-'));
// PostgreSQL's user has to get through to its data.
chmodSync(folder, 0o711);
const endings = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
let jest = null;
let interrupted = 0;
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(signal, () => {
    interrupted ||= code;
    jest?.kill('SIGKILL');
  });
}

try {
  process.exitCode = await main();
} finally {
  for (const end of endings.reverse()) {
    try {
      await end();
    } catch (error) {
      console.error(`not cleaned up: ${error.message}`);
    }
  }
}

async function main() {
  const network = attempt('two networks', openNetwork);
  if (!network.without) endings.push(network.close);
  const host = network.address ?? '127.0.0.1';
  const began = Date.now();
  const temporal = await findTemporalBinary({ cacheDir: cacheDir(), onProgress: console.log });
  const dev = await startDevServer({ temporal, host, folder: path.join(folder, 'dev') });
  endings.push(dev.stop);
  const postgres = await postgresServer(temporal, host);
  console.log(`Temporal servers are up after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  if (interrupted) return interrupted;

  const file = path.join(folder, 'cluster.json');
  const known = ({ address, pidFile, without }) => ({ address, pidFile, without });
  const cluster = { host, hosts: network.hosts, without: network.without };
  writeFileSync(file, JSON.stringify({ ...cluster, servers: { dev: known(dev), PostgreSQL: known(postgres) } }));
  endings.push(() => killAll(`LOCUS_CLUSTER=${file}`));
  return runTests({ ...process.env, LOCUS_CLUSTER: file, TMPDIR: folder });
}

async function postgresServer(temporal, host) {
  const programs = attempt('Temporal on PostgreSQL', () => obtainPrograms(cacheDir()));
  if (programs.without) return programs;
  const server = await startOnPostgres({ temporal, programs, host, folder: path.join(folder, 'postgres') });
  endings.push(server.stop);
  return server;
}

/** What cannot be had here is said, and handed to the tests, which then say what they leave out. */
function attempt(what, work) {
  try {
    return work();
  } catch (error) {
    console.log(`no ${what}: ${error.message}`);
    return { without: error.message };
  }
}

function runTests(env) {
  const script = path.join(root, 'node_modules/jest/bin/jest.js');
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', script];
  const args = [...node, '--runInBand', '-c', 'test/cluster/jest.config.js', ...process.argv.slice(2)];
  jest = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit', detached: true });
  return new Promise((resolve, reject) => {
    jest.once('error', reject);
    jest.once('exit', (code, signal) => {
      if (signal !== null && interrupted === 0) console.error(`jest was ended by ${signal}, from outside`);
      resolve(interrupted || (code ?? 1));
    });
  });
}

/** Ends every process that has `variable` in its environment: whatever a test that was broken off has left. */
function killAll(variable) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable)) process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) throw error;
    }
  }
}
