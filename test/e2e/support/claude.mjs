// What the scripted agent says where it stands for claude: the lines of `--output-format stream-json`, in the shapes of
// test/agents/fixtures. A command of a person's own says the same by its exit code and its stderr.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const print = (message) => console.log(JSON.stringify(message));

/** `session`: the one it goes on with. */
export function claude(session) {
  const id = session ?? `session-${process.pid}`;
  const folder = path.join(process.env.HOME, '.claude', 'projects', 'e2e');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${id}.jsonl`), '{}\n');
  print({ type: 'system', subtype: 'init', session_id: id, tools: [] });
  const spent = { messages: 0, usd: 0 };
  const result = (more) =>
    print({ type: 'result', subtype: 'success', session_id: id, total_cost_usd: spent.usd, ...more });
  return {
    /** At a price of one dollar per million tokens. */
    cost(usd) {
      spent.messages += 1;
      spent.usd += usd;
      const usage = { input_tokens: usd * 1e6, output_tokens: 0 };
      const message = { id: `message-${spent.messages}`, model: 'claude-test', content: [], usage };
      print({ type: 'assistant', session_id: id, message });
    },
    limit(seconds) {
      const resetsAt = Math.ceil(Date.now() / 1000) + seconds;
      const text = "You've hit your session limit";
      print({ type: 'rate_limit_event', session_id: id, rate_limit_info: { status: 'rejected', resetsAt } });
      result({ is_error: true, api_error_status: 429, result: text });
      return { code: 1, text, until: resetsAt * 1000 };
    },
    end: (text) => result({ is_error: false, result: text }),
  };
}

export const command = () => ({
  cost() {},
  limit: (seconds) => ({ code: 75, text: `Try again in ${seconds} seconds`, until: Date.now() + seconds * 1000 }),
  end: (text) => console.log(text),
});
