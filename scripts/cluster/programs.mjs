import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/** The server that Temporal's own command line tool 1.5.1 holds. */
const version = '1.29.1';
const modules = { 'temporal-server': 'cmd/server', 'temporal-sql-tool': 'cmd/tools/sql' };
const debianFolder = '/usr/lib/postgresql';

/**
 * The programs of Temporal on PostgreSQL, as paths: `server` and `sqlTool`, built with Go into the cache the first time,
 * and `postgresBin`, the folder of PostgreSQL's own. Throws a sentence for people where one cannot be had.
 */
export function obtainPrograms(cacheDir) {
  if (process.getuid?.() !== 0) throw new Error('PostgreSQL is started as another user, which only root may do');
  const bin = path.join(cacheDir, 'bin');
  const [server, sqlTool] = Object.keys(modules).map((name) => path.join(bin, `${name}-${version}`));
  if (!existsSync(server) || !existsSync(sqlTool)) buildTemporal(bin);
  return { server, sqlTool, postgresBin: findPostgres() ?? installPostgres() };
}

function buildTemporal(bin) {
  console.log(`building Temporal ${version} with Go, about 3 minutes, once`);
  mkdirSync(bin, { recursive: true });
  const folder = mkdtempSync(path.join(bin, 'build-'));
  try {
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' };
    for (const [name, module] of Object.entries(modules)) {
      run('go', ['install', `go.temporal.io/server/${module}@v${version}`], { cwd: folder, env });
      renameSync(path.join(folder, path.basename(module)), path.join(bin, `${name}-${version}`));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where Debian puts PostgreSQL: not on the PATH, but for what a client needs. The newest of several. */
function findPostgres() {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((each) => path.join(debianFolder, each, 'bin')), ...process.env.PATH.split(':')];
  return folders.find((folder) => existsSync(path.join(folder, 'initdb'))) ?? null;
}

function installPostgres() {
  console.log('installing PostgreSQL');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // The package's own cluster would only take memory: it is never started.
  run('apt-get', ['update', '-qq'], { env });
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'postgresql'], { env });
  const found = findPostgres();
  if (found === null) throw new Error('the package postgresql was installed, but there is no initdb');
  return found;
}

function run(program, args, options) {
  try {
    execFileSync(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const reason = error.stderr?.toString().trim().split('\n').at(-1) || error.message;
    throw new Error(`\`${program} ${args[0]}\` failed: ${reason}`);
  }
}
