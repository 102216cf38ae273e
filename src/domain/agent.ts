/** What an agent's output says, whatever the provider's own format. */
export type AgentEvent =
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly name: string; readonly detail: string }
  | {
      readonly kind: 'usage';
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly costUsd: number | null;
    }
  /** `status`: of the model's last answer over HTTP, where it was an error. */
  | { readonly kind: 'result'; readonly ok: boolean; readonly text: string; readonly status?: number }
  /** When the account's limit ends, in epoch milliseconds. It need not be what ends the agent. */
  | { readonly kind: 'limit'; readonly until: number | null }
  | { readonly kind: 'error'; readonly message: string };

/** The fold of an agent's events; rebuilt from the first line whenever a follower attaches, so nothing counts twice. */
export interface AgentReport {
  readonly session: string | null;
  /** One line for people: the latest tool or text. */
  readonly activity: string | null;
  /** The agent's final words; its last text where it gave no result. At most 4 KB. */
  readonly summary: string;
  /** What the agent itself reported as an error, or null. */
  readonly error: string | null;
  /** HTTP status that goes with the error, where the agent tells it. */
  readonly errorStatus: number | null;
  /** Epoch milliseconds. */
  readonly limitUntil: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
  readonly eventCount: number;
  /** What it told last. */
  readonly latest: AgentEvent['kind'] | null;
}
