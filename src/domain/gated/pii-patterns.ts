/** A form of text that is about a person, or lets somebody in. All are linear in the length of a text without matches, too. */
export interface PiiPattern {
  /** Its placeholder is `[REDACTED_<TYPE>]`. */
  readonly type: string;
  readonly regex: RegExp;
  /**
   * What is looked for is its first group; where that is missing, it has passed over a run of characters that holds no
   * match, so that nobody looks at each end of that run again.
   */
  readonly passesOver?: boolean;
  readonly placeholder?: string;
}

/** In the order in which they claim text. */
export const piiPatterns: readonly PiiPattern[] = [
  { type: 'anthropic_key', regex: /sk-ant-[A-Za-z0-9_-]{40,}/g },
  {
    type: 'openai_key',
    regex: /\bsk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20,})/g,
  },
  {
    type: 'github_token',
    regex: /gh[psur]_[A-Za-z0-9]{36}(?:(?!gh[opsur]_)[A-Za-z0-9])*|github_pat_[A-Za-z0-9_]{40,}/g,
  },
  { type: 'github_oauth', regex: /gho_[A-Za-z0-9]{36}(?:(?!gh[opsur]_)[A-Za-z0-9])*/g },
  { type: 'aws_key', regex: /(?:AKIA|ASIA)[A-Z0-9]{16}/g },
  {
    type: 'email',
    passesOver: true,
    regex: /([A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,})|[A-Za-z0-9._%+-]+/g,
  },
  { type: 'phone', regex: /\b[0-9]{3}[-.]?[0-9]{3}[-.]?[0-9]{4}\b/g },
  { type: 'ssn', regex: /\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b/g },
  { type: 'credit_card', regex: /\b(?:[0-9]{4}[-\s]?){3}[0-9]{4}\b/g },
  {
    type: 'jwt',
    passesOver: true,
    regex: /(eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*)|eyJ[A-Za-z0-9_-]*/g,
  },
  {
    type: 'private_key',
    regex:
      /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  { type: 'slack_webhook', regex: /https:\/\/hooks\.slack\.com\/\S+/g },
  { type: 'discord_webhook', regex: /https:\/\/discord(?:app)?\.com\/api\/webhooks\/\S+/g },
];

/** Where a person's name stands in a path, with or without something after it. */
export const homePath: PiiPattern = {
  type: 'home_path',
  regex:
    /(?<=\/(?:home|Users)\/|\b[A-Za-z]:\\Users\\)(?!\[USER\])(?:[^/\\\s:;,]+(?=[/\\])|[^/\\\s"'`<>()[\]{}:;,|]*[^/\\\s"'`<>()[\]{}:;,|.])/g,
  placeholder: '[USER]',
};

/** What bug reports bring along beside. */
export const importPatterns: readonly PiiPattern[] = [
  { type: 'bearer', regex: /\bBearer [A-Za-z0-9._~+/-]+=*/g },
  { type: 'password', regex: /password["']?[=:]\s*\S+/gi },
  { type: 'phone_intl', regex: /\+?[0-9]{10,15}/g },
];

/** In bug reports these are no one's. */
export const importAllowed: readonly string[] = ['test@example.com', '127.0.0.1', 'localhost'];
