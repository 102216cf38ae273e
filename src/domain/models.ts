import type { Provider } from './settings.ts';

/** The provider that a model's name stands for; `fallback` (`ai.provider`) where the name says nothing. */
export function providerOf(model: string | null, fallback: Provider): Provider {
  if (model === null) return fallback;
  const name = model.toLowerCase();
  if (name.includes('codex') || name.startsWith('gpt-')) return 'codex';
  // Claude Code takes its aliases with a suffix, too: `sonnet[1m]`.
  if (/^(?:opus|sonnet|haiku|opusplan)(?:$|\[)/.test(name) || name.startsWith('claude-')) return 'claude';
  return fallback;
}
