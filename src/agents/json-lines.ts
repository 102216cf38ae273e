import { z } from 'zod';
import type { AgentEvent } from '../domain/agent.ts';

/** Reads a line as JSON of the given shape; anything else, such as a warning of a runtime, gives no events. */
export function readLine<T>(schema: z.ZodType<T>, line: string, events: (message: T) => AgentEvent[]): AgentEvent[] {
  if (!line.startsWith('{')) return [];
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = schema.safeParse(content);
  return parsed.success ? events(parsed.data) : [];
}

/** A session's name comes back as a word of the command line, so it may not look like an option. */
export const sessionId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/)
  .optional()
  .catch(undefined);
