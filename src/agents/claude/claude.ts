import type { Agent } from '../agent.ts';
import { claudeReader } from './reader.ts';

/** Claude Code, without a terminal: https://code.claude.com/docs/en/headless */
export const claude: Agent = {
  provider: 'claude',
  resumable: true,
  environment: ['ANTHROPIC_*', 'CLAUDE_*'],
  settings: {
    // It refuses to skip permissions as root, unless it is told that something else confines it.
    IS_SANDBOX: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    // Its default of ten takes minutes, in which nothing is seen of the reason.
    CLAUDE_CODE_MAX_RETRIES: '3',
  },
  // Not the whole of ~/.claude: its settings name hooks, which would run unconfined when the person next starts it.
  folders: ['~/.claude/projects/', '~/.claude/.credentials.json'],
  readable: [
    ...['~/.claude.json', '~/.claude/settings.json', '~/.claude/CLAUDE.md', '~/.claude/agents', '~/.claude/commands'],
    ...['~/.claude/skills', '~/.claude/plugins', '~/.claude/hooks', '~/.claude/rules'],
  ],
  configFolder: { variable: 'CLAUDE_CONFIG_DIR', usual: '~/.claude' },
  argv({ model, session }) {
    return [
      ...['claude', '--print', '--dangerously-skip-permissions', '--verbose', '--output-format', 'stream-json'],
      ...(model === null ? [] : ['--model', model]),
      ...(session === null ? [] : ['--resume', session]),
    ];
  },
  reader: claudeReader,
};
