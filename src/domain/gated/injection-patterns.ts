export type InjectionCategory = 'instruction_override' | 'role_confusion' | 'context_manipulation' | 'encoding_evasion';

export interface InjectionRule {
  /** In hundredths of a score: 0.4 + 0.2 + 0.1 as fractions is more than 0.7. */
  readonly weight: number;
  /** For lower-case text; `.*` stands for any text between two others. */
  readonly patterns: readonly string[];
  /** For text as it is written. */
  readonly caseSensitive?: readonly string[];
}

export const injectionRules: Readonly<Record<InjectionCategory, InjectionRule>> = {
  instruction_override: {
    weight: 40,
    patterns: [
      'ignore (all )?(previous|prior|above) (instructions|rules|prompts)',
      'disregard (all )?(previous|prior|above)',
      'forget (everything|all|what).*before',
      'override (your|the) (instructions|rules|programming)',
      'new (instructions|rules|directive)',
      'stop being',
      'do not follow',
      'bypass (the|your) (rules|restrictions|guidelines)',
      'break free from',
      'ignore (your|the) (training|programming)',
    ],
  },
  role_confusion: {
    weight: 30,
    patterns: [
      'you are (now|actually)',
      'act as (a|an|if)',
      'pretend (to be|you are)',
      'roleplay as',
      'your (new )?role is',
      'from now on',
      'in this conversation you',
      'you will respond as',
      'behave like',
      'assume the (role|identity|persona)',
    ],
  },
  context_manipulation: {
    weight: 20,
    patterns: [
      'system prompt',
      'hidden (instructions|prompt|message)',
      'debug mode',
      'developer mode',
      'jailbreak',
      'do anything now',
      'enable (developer|admin|root) mode',
      'maintenance mode',
      'reveal (your|the) (instructions|prompt|rules)',
      'what are your instructions',
      'show me your prompt',
    ],
    caseSensitive: ['\\bDAN\\b'],
  },
  encoding_evasion: {
    weight: 10,
    patterns: ['base64', 'decode this', '\\\\u[0-9a-f]{4}', 'rot13', 'caesar cipher', '```ignore'],
  },
};

/** Letters of Cyrillic and Greek that look like Latin ones, each with the one it looks like. */
export const lookAlikes: ReadonlyMap<string, string> = new Map([
  ...pairs('аеорсухіјѕһԁԛԝӏ', 'aeopcyxijshdqwl'),
  ...pairs('АВЕЅНІЈКМОРСТУХӀ', 'ABESHIJKMOPCTYXI'),
  ...pairs('αορειυνκ', 'aopeiuvk'),
  ...pairs('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ABEZHIKMNOPTYX'),
]);

function pairs(from: string, to: string): [string, string][] {
  return [...from].map((character, index) => [character, to[index] ?? character]);
}
