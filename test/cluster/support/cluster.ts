import { readFileSync } from 'node:fs';

/** What scripts/cluster/main.mjs has started for these tests. */
export interface Cluster {
  /** Address of this machine that both hosts reach. */
  readonly host: string;
  /** The hosts' networks; left out where the system does not allow them. */
  readonly hosts?: readonly { readonly namespace: string; readonly link: string }[];
  /** Why there are no networks. */
  readonly without?: string;
  readonly servers: Readonly<Record<string, ClusterServer>>;
}

export interface ClusterServer {
  /** `host:port` of Temporal. */
  readonly address: string;
  /** Holds the pid of the server that runs now: one that dies is started again after a second. */
  readonly pidFile: string;
  /** Why there is no such server; then there is nothing else. */
  readonly without?: string;
}

/** Names the file that says what was started; every process of these tests has it in its environment. */
export const clusterVariable = 'LOCUS_CLUSTER';

export function readCluster(): Cluster {
  const file = process.env[clusterVariable];
  if (!file) throw new Error('these tests are run by `npm run test:cluster`, which starts what they need');
  return JSON.parse(readFileSync(file, 'utf8')) as Cluster;
}
