import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startPostgres } from './postgres.mjs';
import { listening, supervise } from './supervise.mjs';

/** Without these every activity waits up to 100 ms for its turn. */
const polling = ['transfer', 'timer', 'visibility'].map((queue) => `history.${queue}ProcessorMaxPollRPS`);

/** The development server on an SQLite file: `address`, `pidFile`, `stop`. */
export async function startDevServer({ temporal, host, folder }) {
  mkdirSync(folder, { recursive: true });
  const [port] = await freePorts(host, 1);
  const database = path.join(folder, 'temporal.db');
  const args = [
    ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--db-filename', database],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--log-level', 'error'],
    ...polling.flatMap((key) => ['--dynamic-config-value', `${key}=1000`]),
  ];
  const pidFile = path.join(folder, 'server.pid');
  const server = supervise({ program: temporal, args, cwd: folder, logFile: path.join(folder, 'server.log'), pidFile });
  const forwarder = await forward(host, port);
  const stop = async () => {
    forwarder?.close();
    await server.stop();
  };
  return serving({ address: `${host}:${port}`, pidFile, stop }, temporal);
}

/** With another address than loopback the development server does not find its own services. */
async function forward(host, port) {
  if (host === '127.0.0.1') return null;
  const forwarder = createServer((socket) => {
    const onward = createConnection({ host: '127.0.0.1', port });
    pipeline(socket, onward, socket, () => {});
  });
  await new Promise((resolve, reject) => forwarder.once('error', reject).listen(port, host, resolve));
  return forwarder.unref();
}

/** Temporal on a PostgreSQL of its own, with the namespace `default`: `address`, `pidFile`, `stop`. */
export async function startOnPostgres({ temporal, programs, host, folder }) {
  mkdirSync(path.join(folder, 'config'), { recursive: true });
  const [database] = await freePorts('127.0.0.1', 1);
  const ports = await freePorts(host, 8);
  const postgres = await startPostgres({ bin: programs.postgresBin, folder: path.join(folder, 'pg'), port: database });
  try {
    for (const [name, schema] of Object.entries(databases)) makeDatabase(programs.sqlTool, database, name, schema);
    // YAML takes JSON as it is.
    writeFileSync(path.join(folder, 'config', 'cluster.yaml'), JSON.stringify(configOf({ host, ports, database })));
    const dynamic = Object.fromEntries(polling.map((key) => [key, [{ value: 1000 }]]));
    writeFileSync(path.join(folder, 'config', 'dynamic.yaml'), JSON.stringify(dynamic));
    const pidFile = path.join(folder, 'server.pid');
    const server = supervise({
      program: programs.server,
      args: ['--root', folder, '--config', 'config', '--env', 'cluster', '--allow-no-auth', 'start'],
      cwd: folder,
      logFile: path.join(folder, 'server.log'),
      pidFile,
    });
    const stop = async () => {
      await server.stop();
      await postgres.stop();
    };
    return await serving({ address: `${host}:${ports[0]}`, pidFile, stop }, temporal);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

const databases = { temporal: 'postgresql/v12/temporal', temporal_visibility: 'postgresql/v12/visibility' };

function makeDatabase(sqlTool, port, name, schema) {
  const where = ['--plugin', 'postgres12', '--ep', '127.0.0.1', '--port', String(port), '--user', 'temporal'];
  for (const step of [['create'], ['setup-schema', '-v', '0.0'], ['update-schema', '--schema-name', schema]]) {
    execFileSync(sqlTool, [...where, '--db', name, ...step], { stdio: 'pipe', maxBuffer: 16 * 1024 * 1024 });
  }
}

/** `ports`: two for each of the four services, the frontend's first. */
function configOf({ host, ports, database }) {
  const store = (databaseName) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${database}`,
      connectProtocol: 'tcp',
      user: 'temporal',
      password: '',
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  });
  const service = (index) => ({
    rpc: { grpcPort: ports[2 * index], membershipPort: ports[2 * index + 1], bindOnIP: host },
  });
  const frontend = `${host}:${ports[0]}`;
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'runs',
      visibilityStore: 'lists',
      numHistoryShards: 4,
      datastores: { runs: store('temporal'), lists: store('temporal_visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: host } },
    services: { frontend: service(0), matching: service(1), history: service(2), worker: service(3) },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: frontend },
      },
    },
    publicClient: { hostPort: frontend },
    dynamicConfigClient: { filepath: 'config/dynamic.yaml', pollInterval: '10s' },
  };
}

/** Answers when the namespace is there; a server that does not come that far is stopped again. */
async function serving(server, temporal) {
  const [host, port] = server.address.split(':');
  try {
    await listening(host, Number(port), 'the Temporal server');
    await makeNamespace(temporal, server.address);
    return server;
  } catch (error) {
    await server.stop();
    const said = readFileSync(path.join(path.dirname(server.pidFile), 'server.log'), 'utf8')
      .trim()
      .split('\n');
    throw new Error(`${error.message}; the server said last: ${said.at(-1)?.slice(0, 500)}`);
  }
}

async function makeNamespace(temporal, address) {
  const where = ['--address', address, '--namespace', 'default'];
  for (const end = Date.now() + 30_000; ; await delay(200)) {
    try {
      // Not the synchronous one: what it is told may go through our own forwarder.
      await promisify(execFile)(temporal, ['operator', 'namespace', 'create', '--retention', '90d', ...where]);
      return;
    } catch (error) {
      const reason = error.stderr?.toString().trim() || error.message;
      if (/already exists/i.test(reason)) return;
      if (Date.now() > end) throw new Error(`the namespace could not be made: ${reason}`);
    }
  }
}

/**
 * Ports that were free a moment ago, below those that systems give to outgoing connections. PostgreSQL's schema keeps a
 * membership port in a smallint: above 32767 the server does not start.
 */
async function freePorts(host, count) {
  const ports = [];
  while (ports.length < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!ports.includes(port) && (await isFree(host, port))) ports.push(port);
  }
  return ports;
}

function isFree(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
