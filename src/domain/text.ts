/** Longest body of a comment, an issue or a pull request on GitHub, in characters. */
export const longestBody = 65_536;

/** Makes text from outside one printable line: no control characters, no bidirectional overrides, single spaces. */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Cs}/gu, '\uFFFD')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '')
    .trim();
}

/** Text from outside for a terminal: what could move its cursor or change its colours is taken out, lines stay. */
export function printable(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/(?![\n\t])\p{Cc}/gu, '');
}

/** Cuts to at most `limit` UTF-16 units, `mark` included, never through a character. */
export function cut(text: string, limit: number, mark = '…'): string {
  if (text.length <= limit) return text;
  return `${head(text, limit - mark.length).trimEnd()}${mark}`;
}

/** The first `length` UTF-16 units, one less where the last of them is half a character. */
export function head(text: string, length: number): string {
  const end = Math.max(0, Math.min(length, text.length));
  return text.slice(0, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end);
}

/** The first `limit` bytes (UTF-8) of a text, up to a whole character. */
export function headBytes(text: string, limit: number): string {
  const start = head(text, limit);
  const bytes = new TextEncoder().encode(start);
  if (bytes.length <= limit) return start;
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

/** The body that `assemble` makes of the text, or of as much of it as fits into `limit`; then the body says so. */
export function within(limit: number, text: string, assemble: (text: string) => string): string {
  const whole = assemble(text);
  if (whole.length <= limit) return whole;
  const note = `\n\n… cut here: the tracker takes no more than ${limit} characters`;
  const around = whole.length - text.length;
  return assemble(`${head(text, limit - around - note.length)}${note}`);
}

/** Fences text as a Markdown code block that nothing inside it can close. */
export function fenced(text: string, language = ''): string {
  const runs = text.match(/`+/g) ?? [];
  const longest = runs.reduce((length, run) => Math.max(length, run.length), 0);
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text.replace(/\n+$/, '')}\n${fence}`;
}

/**
 * Keeps Markdown from outside from acting on a tracker: nobody is mentioned, no issue is referred to or closed, no
 * link, image, tag or hidden marker is made. An invisible space goes in, so that it still reads the same, also in code.
 */
export function inert(text: string): string {
  return text
    .replace(/(?<!\w)@(?=\w)/g, `@${breaker}`)
    .replace(/#(?=\d)/g, `#${breaker}`)
    .replace(/\bgh-(?=\d)/gi, (reference) => `${reference}${breaker}`)
    .replace(
      /(?<=\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+)https?(?=:\/\/)/gi,
      (scheme) => `${scheme}${breaker}`,
    )
    .replace(/\](?=[([])/g, `]${breaker}`)
    .replace(/<(?=[a-z/!?])/gi, `<${breaker}`);
}

/** A zero-width space. */
const breaker = '\u200B';

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
