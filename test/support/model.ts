import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the model answers to one request: words, the call of a tool, or an HTTP error. */
export type Step = (Answer | Refusal) & {
  /** What it waits for before it says a word. */
  readonly after?: Promise<unknown>;
};
type Answer = { readonly text: string } | { readonly tool: string; readonly input: Readonly<Record<string, unknown>> };
export interface Refusal {
  readonly status: number;
  readonly message: string;
  /** More of its `error`, such as `type` and `resets_at`. */
  readonly error?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Of each answer, as it is told to the agent: the input without what was cached. */
export const tokensOfAnswer = { input: 60, cachedInput: 40, output: 10 };

/** Stands for a model on loopback: the Messages API and the Responses API, as far as coding agents use them. */
export async function startModel() {
  let steps: Step[] = [];
  const requests: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (request.method !== 'POST') return void response.writeHead(200).end();
    if (request.url?.includes('count_tokens')) return void json(response, 200, { input_tokens: 10 });
    const isMessages = request.url?.startsWith('/v1/messages');
    // Side questions, such as a title for the session, come without tools.
    const isMain = Array.isArray(body.tools) && body.tools.length > 0;
    if (isMain) requests.push(body);
    const step = (isMain ? steps.shift() : undefined) ?? { text: 'Done.' };
    await step.after;
    if ('status' in step) {
      for (const [name, value] of Object.entries(step.headers ?? {})) response.setHeader(name, value);
      const error = { type: 'invalid_request_error', message: step.message, ...step.error };
      return void json(response, step.status, { type: 'error', error });
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of isMessages ? messageEvents(step, requests.length) : responseEvents(step, requests.length)) {
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** Main requests since the last `play`, oldest first. */
    requests,
    play(...next: Step[]) {
      steps = next;
      requests.length = 0;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

type Event = Record<string, unknown> & { readonly type: string };

function messageEvents(step: Answer, serial: number): Event[] {
  const content_block =
    'text' in step
      ? { type: 'text', text: '' }
      : { type: 'tool_use', id: `toolu_${serial}`, name: step.tool, input: {} };
  const delta =
    'text' in step
      ? { type: 'text_delta', text: step.text }
      : { type: 'input_json_delta', partial_json: JSON.stringify(step.input) };
  const { input, cachedInput, output } = tokensOfAnswer;
  const usage = { input_tokens: input, cache_read_input_tokens: cachedInput, output_tokens: output };
  return [
    {
      type: 'message_start',
      message: {
        id: `msg_${serial}`,
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...usage, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'text' in step ? 'end_turn' : 'tool_use', stop_sequence: null },
      usage,
    },
    { type: 'message_stop' },
  ];
}

function responseEvents(step: Answer, serial: number): Event[] {
  const item =
    'text' in step
      ? { type: 'message', role: 'assistant', id: `m_${serial}`, content: [{ type: 'output_text', text: step.text }] }
      : { type: 'function_call', call_id: `c_${serial}`, name: step.tool, arguments: JSON.stringify(step.input) };
  const { input, cachedInput, output } = tokensOfAnswer;
  const usage = {
    input_tokens: input + cachedInput,
    input_tokens_details: { cached_tokens: cachedInput },
    output_tokens: output,
    total_tokens: input + cachedInput + output,
  };
  return [
    { type: 'response.created', response: { id: `r_${serial}` } },
    { type: 'response.output_item.done', item },
    { type: 'response.completed', response: { id: `r_${serial}`, usage } },
  ];
}

function json(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text.startsWith('{') ? JSON.parse(text) : {};
}
