import { afterAll, afterEach, beforeAll, describe, jest, test } from '@jest/globals';
import { openWorld, type World } from '../../e2e/support/world.ts';
import { type ClusterServer, readCluster } from './cluster.ts';
import { type Fleet, type FleetOptions, openFleet } from './fleet.ts';

export interface Given {
  readonly server: ClusterServer;
  /** Two hosts with this server; ended after the test. */
  open(options: FleetOptions): Promise<Fleet>;
  /** Notes how long something took, to be printed at the end. */
  took(what: string, ms: number): void;
}

const cluster = readCluster();

/** For tests that cut a host off. Where that cannot be done they are skipped, and the output says why. */
export const networkTest = cluster.without
  ? (name: string, _body: () => Promise<void>) => test.skip(`${name} (${cluster.without})`, () => {})
  : test;

/** The same tests against each of Temporal's servers; one that cannot be had here is shown as skipped, with the reason. */
export function onEachServer(tests: (given: Given) => void): void {
  jest.setTimeout(240_000);
  for (const [name, server] of Object.entries(cluster.servers)) {
    if (server.without) test.skip(`Temporal on ${name} (${server.without})`, () => {});
    else describe(`two hosts, Temporal on ${name}`, () => tests(prepared(name, server)));
  }
}

function prepared(name: string, server: ClusterServer): Given {
  let world: World;
  const fleets: Fleet[] = [];
  const figures: string[] = [];
  beforeAll(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    for (const fleet of fleets.splice(0)) await fleet.end();
  });
  afterAll(async () => {
    await world.end();
    if (figures.length > 0) process.stdout.write(`${figures.join('\n')}\n`);
  });
  return {
    server,
    async open(options) {
      const fleet = await openFleet(world, cluster, server, options);
      fleets.push(fleet);
      return fleet;
    },
    took(what, ms) {
      figures.push(`Temporal on ${name}: ${what}: ${(ms / 1000).toFixed(1)} s`);
    },
  };
}
