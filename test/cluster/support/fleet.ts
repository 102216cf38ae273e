import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { answers } from '../../../src/server/ports.ts';
import { type AgentNote, type GitHubRepository, makeRepository } from '../../e2e/support/repository.ts';
import { until } from '../../e2e/support/wait.ts';
import type { Running, World } from '../../e2e/support/world.ts';
import type { SeedIssue } from '../../support/github-stand-in/server.mjs';
import { type Cluster, type ClusterServer, clusterVariable } from './cluster.ts';
import { type Host, makeHost } from './host.ts';

/** Two hosts, a repository that they reach only over the network, and a client that is neither of them. */
export interface Fleet {
  readonly repository: GitHubRepository;
  readonly hosts: readonly [Host, Host];
  /** `locus run …` at the client. */
  run(...args: readonly string[]): Running;
  /** The host on which an agent was started. */
  hostOf(note: AgentNote): Host;
  /** The other one. */
  notOn(host: Host): Host;
  /** Agent starts so far, of one issue or of all. */
  starts(issue?: number): Promise<AgentNote[]>;
  /** The same, once there are `count` of them; fails after two minutes. */
  startsOnce(count: number, issue?: number): Promise<AgentNote[]>;
  /** Waits until no run goes on: one that is left would hold its issues against the next test's. */
  idle(): Promise<void>;
  end(): Promise<void>;
}

export interface FleetOptions {
  readonly slots?: number;
  readonly agent?: Readonly<Record<string, unknown>>;
  readonly issues: readonly SeedIssue[];
}

export async function openFleet(
  world: World,
  cluster: Cluster,
  server: ClusterServer,
  { slots = 2, agent = {}, issues }: FleetOptions,
): Promise<Fleet> {
  const repository = await makeRepository(world, {
    host: cluster.host,
    config: { agent: { env: ['E2E_LOG', clusterVariable], ...agent } },
  });
  const daemon = await serveGit(world, cluster.host, path.dirname(repository.remote));
  await repository.git('remote', 'set-url', 'origin', `${daemon.url}/${path.basename(repository.remote)}`);
  repository.github.seed({ issues });
  // By the last one scripts/cluster finds what is left of a test that was broken off.
  const common = { TEMPORAL_ADDRESS: server.address, [clusterVariable]: process.env[clusterVariable] };
  const env = { ...world.env, ...repository.env, ...common };
  const [a, b] = ['a', 'b'].map((name, index) =>
    makeHost({ name, folder: path.dirname(repository.root), slots, env, network: cluster.hosts?.[index] }),
  );
  const hosts = [a!, b!] as const;
  await Promise.all(hosts.map((host) => host.start()));
  const starts: Fleet['starts'] = async (issue) =>
    (await repository.agentLog()).filter((note) => note.event === 'start' && (issue ?? note.issue) === note.issue);
  const clients: Running[] = [];
  return {
    repository,
    hosts,
    starts,
    startsOnce: (count, issue) =>
      until(
        `${count} agents were started${issue === undefined ? '' : ` for #${issue}`}`,
        async () => {
          const all = await starts(issue);
          return all.length >= count ? all : null;
        },
        120,
      ),
    run(...args) {
      const client = repository.start(['run', ...args], common);
      clients.push(client);
      return client;
    },
    idle: async () => {
      await until('all runs have ended', async () => {
        const { stdout } = await repository.run(['runs', '--json'], common);
        return !(JSON.parse(stdout) as { open: boolean }[]).some(({ open }) => open);
      });
    },
    hostOf: ({ cwd }) => hosts.find((host) => cwd.startsWith(host.stateDir))!,
    notOn: (host) => hosts.find((other) => other !== host)!,
    async end() {
      for (const client of clients) client.process.kill('SIGKILL');
      await Promise.all(hosts.map((host) => host.lose()));
      if (cluster.hosts) for (const host of hosts) host.reconnect();
      await daemon.stop();
    },
  };
}

/** Git's own server, which takes pushes from anyone. */
async function serveGit(world: World, host: string, folder: string) {
  const port = await freePort(host);
  const where = [`--listen=${host}`, `--port=${port}`, '--reuseaddr', `--base-path=${folder}`];
  const daemon = spawn('git', ['daemon', ...where, '--export-all', '--enable=receive-pack'], {
    env: { ...world.env, [clusterVariable]: process.env[clusterVariable] } as NodeJS.ProcessEnv,
    stdio: 'ignore',
  });
  await until('git serves', () => answers(port, host));
  return {
    url: `git://${host}:${port}`,
    stop: async () => {
      const ended = once(daemon, 'exit');
      daemon.kill();
      await ended;
    },
  };
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The most agents that worked at the same time, from their log; one that never said that it ended worked on. */
export function mostAtOnce(log: readonly AgentNote[]): number {
  let now = 0;
  let most = 0;
  for (const { event } of [...log].sort((one, other) => one.at - other.at)) {
    now += event === 'start' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}
