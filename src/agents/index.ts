import type { Provider } from '../domain/settings.ts';
import type { Agent } from './agent.ts';
import { claude } from './claude/claude.ts';
import { codex } from './codex/codex.ts';
import { command } from './command/command.ts';

const agents: Readonly<Record<Provider, Agent>> = { claude, codex, command };

export function agentFor(provider: Provider): Agent {
  return agents[provider];
}
