import { readMarkdown } from './markdown.ts';

/**
 * The JSON in a model's answer: the whole of it, else the one fenced block that is JSON, else what stands between the
 * first and the last bracket. Undefined where none of them parses.
 */
export function jsonIn(answer: string): unknown {
  const whole = parsedJson(answer);
  if (whole !== undefined) return whole;
  const blocks = readMarkdown(answer)
    .blocks.map(({ text }) => parsedJson(text))
    .filter(isStructure);
  if (blocks.length > 0) return blocks.length === 1 ? blocks[0] : undefined;
  const starts = ['{', '['].map((mark) => answer.indexOf(mark)).filter((at) => at >= 0);
  if (starts.length === 0) return undefined;
  const start = Math.min(...starts);
  const end = answer.lastIndexOf(answer[start] === '{' ? '}' : ']');
  const middle = parsedJson(answer.slice(start, end + 1));
  return isStructure(middle) ? middle : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A model's text field: anything else is no text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Undefined where the text is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text.trim());
  } catch {
    return undefined;
  }
}

/** A key that an object of a JSON text has twice, of which a reader would believe the last one; null: none has. */
export function keyTwice(json: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, key] of json.matchAll(/[{}[\]]|("(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"/g)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (key !== undefined) {
      const name = String(parsedJson(key));
      if (open.at(-1)?.has(name)) return name;
      open.at(-1)?.add(name);
    }
  }
  return null;
}

function isStructure(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
