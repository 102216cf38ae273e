/** Longest text that the guardrails look at, in bytes of UTF-8. */
export const longestInput = 1_048_576;

/** Why a text is too long to be looked at; null where it is not. */
export function inputProblem(text: string): string | null {
  // A UTF-16 unit takes at most 3 bytes, and at least one.
  if (text.length * 3 <= longestInput) return null;
  if (text.length > longestInput) return `the text has ${text.length} characters${limit}`;
  const bytes = new TextEncoder().encode(text).length;
  return bytes > longestInput ? `the text has ${bytes} bytes${limit}` : null;
}

const limit = ', the guardrails look at 1 MiB at most';
