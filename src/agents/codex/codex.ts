import type { Agent } from '../agent.ts';
import { codexReader } from './reader.ts';
import { codexUsageReader } from './usage.ts';

const options = ['--json', '--dangerously-bypass-approvals-and-sandbox'];

/** Codex CLI, without a terminal. The `-` has it read the prompt from stdin. */
export const codex: Agent = {
  provider: 'codex',
  resumable: true,
  environment: ['OPENAI_*', 'CODEX_*'],
  settings: {},
  // Not the whole of ~/.codex: its config names programs, which would run unconfined when the person next starts it.
  folders: ['~/.codex/sessions/', '~/.codex/auth.json'],
  readable: [
    ...['~/.codex/config.toml', '~/.codex/AGENTS.md', '~/.codex/AGENTS.override.md', '~/.codex/prompts'],
    ...['~/.codex/rules', '~/.codex/skills'],
  ],
  configFolder: { variable: 'CODEX_HOME', usual: '~/.codex' },
  argv({ model, session }) {
    const chosen = model === null ? [] : ['-m', model];
    if (session === null) return ['codex', 'exec', ...options, ...chosen, '-'];
    return ['codex', 'exec', 'resume', ...options, ...chosen, session, '-'];
  },
  reader: codexReader,
  usageReader: codexUsageReader,
};
