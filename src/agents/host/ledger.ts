import type { AgentEvent, AgentReport } from '../../domain/agent.ts';
import type { Pricing } from '../../domain/prices.ts';
import type { Agent } from '../agent.ts';
import { attemptFiles, look } from './files.ts';
import { type LineReader, readLines } from './lines.ts';

export interface LedgerOptions {
  readonly agent: Pick<Agent, 'usageReader'>;
  /** Left out: no costs but those that the agent tells. */
  readonly pricing?: Pricing;
  /** Finds the file in which the agent keeps a session. */
  readonly sessionFile?: (session: string) => Promise<string | null>;
}

type Figures = Pick<AgentReport, 'inputTokens' | 'outputTokens' | 'costUsd'>;

/** An agent writes its session within moments; in a sandbox elsewhere there may be none to find. */
const mostTries = 60;

/**
 * The usage of one attempt as an agent notes it in its session's file while it works. Read from the file's beginning, so
 * that nothing counts twice; what earlier attempts of that session used is left out.
 */
export function sessionLedger(dir: string, { agent, pricing, sessionFile }: LedgerOptions, signal?: AbortSignal) {
  const { usageReader } = agent;
  let lines: LineReader | null = null;
  let read: (line: string) => AgentEvent[] = () => [];
  let figures: Figures | null = null;
  let tries = 0;

  async function open(session: string): Promise<void> {
    if (!usageReader || !pricing || !sessionFile || tries >= mostTries) return;
    tries += 1;
    const file = await sessionFile(session);
    if (file === null) return;
    read = usageReader(pricing, (await look(dir, attemptFiles.started)).mtimeMs);
    lines = readLines(file, signal);
  }

  function add(line: string): void {
    for (const event of read(line)) {
      if (event.kind !== 'usage') continue;
      const { inputTokens, outputTokens, costUsd } = figures ?? { inputTokens: 0, outputTokens: 0, costUsd: 0 };
      figures = {
        inputTokens: inputTokens + event.inputTokens,
        outputTokens: outputTokens + event.outputTokens,
        costUsd: costUsd + (event.costUsd ?? 0),
      };
    }
  }

  return {
    /** Reads what is new. */
    async readNew(session: string | null): Promise<void> {
      if (session !== null && lines === null) await open(session);
      await lines?.readNew(add);
    },
    /** To be laid over what stdout tells; nothing as long as the file told none. */
    figures(): Partial<Figures> {
      return figures ?? {};
    },
    async close(): Promise<void> {
      await lines?.close();
    },
  };
}
