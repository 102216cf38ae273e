import type { AgentEvent, AgentReport } from './agent.ts';

export const emptyReport: AgentReport = {
  session: null,
  activity: null,
  summary: '',
  error: null,
  errorStatus: null,
  limitUntil: null,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  eventCount: 0,
  latest: null,
};

/** Adds one event to a report. Usage adds up; a result replaces what was said before it. */
export function withEvent(report: AgentReport, event: AgentEvent): AgentReport {
  return { ...report, ...changeBy(report, event), eventCount: report.eventCount + 1, latest: event.kind };
}

/** One line of at most `limit` characters, with runs of white space and control characters as one space. */
export function oneLine(text: string, limit = 200): string {
  // Cut first: a text may have megabytes.
  const line = text
    .slice(0, limit * 4)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > limit ? `${wellFormed(line.slice(0, limit - 1))}…` : line;
}

/** The last `limit` bytes (UTF-8) of a text, from a whole character on. */
export function lastBytes(text: string, limit: number): string {
  // A UTF-16 unit takes at most 3 bytes, so `limit` units are enough to look at.
  const bytes = new TextEncoder().encode(text.slice(-limit));
  if (bytes.length <= limit && text.length <= limit) return text;
  let start = Math.max(0, bytes.length - limit);
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return new TextDecoder().decode(bytes.subarray(start));
}

/** Of summaries: they travel in workflow history. */
const summaryBytes = 4 * 1024;
const errorLength = 1000;

function changeBy(report: AgentReport, event: AgentEvent): Partial<AgentReport> {
  switch (event.kind) {
    case 'session':
      return { session: event.id };
    case 'text':
      return event.text.trim() === ''
        ? {}
        : { activity: oneLine(event.text), summary: lastBytes(event.text, summaryBytes) };
    case 'tool':
      return { activity: oneLine(`${event.name} ${event.detail}`) };
    case 'usage':
      return {
        inputTokens: report.inputTokens + event.inputTokens,
        outputTokens: report.outputTokens + event.outputTokens,
        costUsd: report.costUsd + (event.costUsd ?? 0),
      };
    case 'result':
      if (!event.ok) {
        const error = report.error ?? oneLine(event.text || 'the agent reported an error', errorLength);
        return { error, errorStatus: event.status ?? null };
      }
      return {
        error: null,
        errorStatus: null,
        summary: event.text.trim() === '' ? report.summary : lastBytes(event.text, summaryBytes),
      };
    case 'limit':
      return { limitUntil: event.until };
    case 'error':
      return { error: oneLine(event.message, errorLength) };
  }
}

function wellFormed(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
