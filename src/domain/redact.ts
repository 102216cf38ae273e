const mark = '[redacted]';

/** Below this length a value is too likely to be an ordinary word. */
const shortestSecret = 6;

const patterns: readonly RegExp[] = [
  /-----BEGIN ((?:[A-Z0-9]+ )*)PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END \1PRIVATE KEY(?: BLOCK)?-----|$)/g,
  /\bgh[pousr]_[A-Za-z0-9_]{16,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  // Anthropic's and OpenAI's keys: sk-ant-…, sk-proj-…, sk-….
  /\bsk-[A-Za-z0-9_-]{20,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bnpm_[A-Za-z0-9]{30,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
];

const valueAfterName: readonly RegExp[] = [
  /(\bauthorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token)\s+)?)[^\s"',;]{8,}/gi,
  /(\bbearer\s+)[A-Za-z0-9._~+/=-]{16,}/gi,
  /(\baws_secret_access_key["']?\s*[:=]\s*["']?)[A-Za-z0-9/+=]{30,}/gi,
  // A password in a URL.
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/gi,
];

/** Takes credentials out of text before anyone sees it: those of a known form, and the given ones word for word. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  const literals = secrets.filter((secret) => secret.length >= shortestSecret).sort((a, b) => b.length - a.length);
  for (const secret of literals) clean = clean.replaceAll(secret, mark);
  for (const pattern of patterns) clean = clean.replace(pattern, mark);
  for (const pattern of valueAfterName) clean = clean.replace(pattern, `$1${mark}`);
  return clean;
}
