const print = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** How each provider says the same things on stdout. */
export const speakers = {
  command: () => ({
    begin() {},
    text: (text) => process.stdout.write(`${text}\n`),
    tool() {},
    fail: (text) => process.stderr.write(`${text}\n`),
    end() {},
  }),
  claude: (session) => ({
    begin: () => print({ type: 'system', subtype: 'init', session_id: session, tools: ['Write'] }),
    text: (text) => print({ type: 'assistant', session_id: session, message: { content: [{ type: 'text', text }] } }),
    tool: (name, file) =>
      print({
        type: 'assistant',
        session_id: session,
        message: { content: [{ type: 'tool_use', id: 'a', name, input: { file_path: file } }] },
      }),
    fail: (result) =>
      print({ type: 'result', subtype: 'success', is_error: true, session_id: session, result, total_cost_usd: 0.25 }),
    end: (result) =>
      print({
        type: 'result',
        subtype: 'success',
        is_error: false,
        session_id: session,
        result,
        total_cost_usd: 0.5,
        usage: { input_tokens: 70, cache_read_input_tokens: 20, cache_creation_input_tokens: 10, output_tokens: 7 },
      }),
  }),
  codex: (session) => ({
    begin: () => print({ type: 'thread.started', thread_id: session }),
    text: (text) => print({ type: 'item.completed', item: { id: 'i', type: 'agent_message', text } }),
    tool: (_name, file) =>
      print({ type: 'item.completed', item: { id: 'i', type: 'file_change', changes: [{ path: file, kind: 'add' }] } }),
    fail: (message) => print({ type: 'turn.failed', error: { message } }),
    end(text) {
      print({ type: 'item.completed', item: { id: 'i', type: 'agent_message', text } });
      print({ type: 'turn.completed', usage: { input_tokens: 100, cached_input_tokens: 20, output_tokens: 7 } });
    },
  }),
};
