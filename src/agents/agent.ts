import type { AgentEvent } from '../domain/agent.ts';
import type { Pricing } from '../domain/prices.ts';
import type { Provider } from '../domain/settings.ts';

export interface AgentRequest {
  /** null: the provider's default. */
  readonly model: string | null;
  /** Session to go on with, when an earlier attempt was killed. */
  readonly session: string | null;
  /** For provider `command`: its argv. */
  readonly command: readonly string[] | null;
}

export type LineReader = (line: string) => AgentEvent[];

/** A coding-agent program: how to start it, how to read what it prints. The prompt always comes on stdin. */
export interface Agent {
  readonly provider: Provider;
  /** argv of one attempt; argv[0] is looked up on PATH. */
  argv(request: AgentRequest): readonly string[];
  /** Whether a killed session can be gone on with. */
  readonly resumable: boolean;
  /** Names of environment variables it needs beyond the common allow-list; a trailing `*` matches the rest of the name. */
  readonly environment: readonly string[];
  /** Variables we set for it, for example IS_SANDBOX. */
  readonly settings: Readonly<Record<string, string>>;
  /**
   * Files and folders outside the workspace it must write, `~` for the home folder: its sessions and credentials. One
   * that ends in `/` is a folder, which is made where it is missing. See `agentFolders`.
   */
  readonly folders: readonly string[];
  /** The same for what it need only read: its settings. */
  readonly readable?: readonly string[];
  /** The variable that moves its own folder elsewhere. */
  readonly configFolder?: { readonly variable: string; readonly usual: string };
  /**
   * A stateful reader: one line of stdout in, events out. Unknown or broken lines give none. Without `pricing` it gives no
   * costs but those that the agent tells.
   */
  reader(pricing?: Pricing): LineReader;
  /**
   * The same for its session's file, where that tells of usage while the agent works and stdout does not: gives nothing
   * but the usage from `since` on, in epoch milliseconds.
   */
  usageReader?(pricing: Pricing, since: number): LineReader;
}
