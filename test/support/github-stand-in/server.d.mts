export interface StandInOptions {
  /** Address to listen on; loopback where it is left out. */
  readonly host?: string;
  readonly port?: number;
  readonly token?: string;
  readonly owner?: string;
  readonly repo?: string;
  readonly defaultBranch?: string;
  /** Bare git repository that the heads and bases of pull requests are looked up in; without it any name is taken. */
  readonly repoDir?: string;
  /** Milliseconds that every answer is held back. */
  readonly latencyMs?: number;
}

export interface LoggedRequest {
  readonly method: string;
  /** With its query, without `/api/v3`. */
  readonly path: string;
  /** 0 where the connection was cut. */
  readonly status: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Fault {
  readonly method?: string;
  /** Regular expression on path and query. */
  readonly path?: string;
  /** How often it strikes; once where it is left out. */
  readonly times?: number;
  readonly kind: 'status' | 'cutAfterWrite' | 'cutBefore' | 'delay';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly ms?: number;
}

export interface SeedIssue {
  readonly title: string;
  readonly body?: string | null;
  readonly labels?: readonly string[];
  /** Number or title; a title that is not there yet is made. */
  readonly milestone?: number | string | null;
  readonly state?: 'open' | 'closed';
  readonly comments?: readonly (string | { readonly body: string; readonly author: string })[];
}

export interface Seed {
  readonly labels?: readonly (string | { readonly name: string; readonly color?: string })[];
  readonly milestones?: readonly (string | { readonly title: string; readonly state?: 'open' | 'closed' })[];
  readonly issues?: readonly SeedIssue[];
}

export interface StandInIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly state: 'open' | 'closed';
  readonly labels: readonly { readonly name: string; readonly color: string }[];
  readonly milestone: { readonly number: number; readonly title: string } | null;
  readonly comments: readonly { readonly id: number; readonly body: string; readonly author: string }[];
  readonly html_url: string;
}

export interface StandInPull extends StandInIssue {
  readonly draft: boolean;
  readonly merged_at: string | null;
  readonly head: { readonly ref: string; readonly sha: string };
  readonly base: { readonly ref: string };
}

export interface StandInState {
  readonly issues: readonly StandInIssue[];
  readonly pulls: readonly StandInPull[];
  readonly milestones: readonly { readonly number: number; readonly title: string; readonly state: string }[];
  readonly labels: readonly { readonly name: string; readonly color: string }[];
}

export interface GitHubStandIn {
  readonly url: string;
  readonly token: string;
  readonly owner: string;
  readonly repo: string;
  latencyMs: number;
  readonly log: LoggedRequest[];
  readonly faults: Fault[];
  seed(what: Seed): { readonly issues: number[] };
  state(): StandInState;
  /** Merges a pull request, in the bare repository too, and closes the issues that its body names. */
  merge(number: number): Promise<StandInPull>;
  /** As a person does. */
  markReady(number: number): void;
  reset(): void;
  stop(): Promise<void>;
}

export function startGitHubStandIn(options?: StandInOptions): Promise<GitHubStandIn>;
