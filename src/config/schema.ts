import { z } from 'zod';

const text = z.string('must be a text').trim().min(1, 'must be a text that is not empty');
const flag = z.boolean('must be true or false');
const positive = z.number('must be a number above 0').positive('must be a number above 0');
const price = z.number('must be a number of at least 0').min(0, 'must be a number of at least 0');
const count = z.int('must be a whole number of at least 1').min(1, 'must be a whole number of at least 1');
const argv = z.array(text, 'must be a list of texts, a program and its arguments').min(1, 'must name a program');
const branch = text.regex(
  /^(?!-)(?!.*(?:\.\.|@\{|\/\/|\/\.))[^\s~^:?*[\\\p{Cc}]+(?<![/.]|\.lock)$/u,
  'must be the name of a branch',
);
const variableName = text.regex(/^[A-Za-z_][A-Za-z0-9_]*\*?$/, 'must be the name of an environment variable');
const pathInside = text.refine(isInside, 'must be a relative path inside the repository');
const githubName = text.regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]+$/, 'must be a name as in github.com/<owner>/<repo>');

const choice = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(
    values,
    `must be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(values.map((value) => `"${value}"`))}`,
  );

const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.looseObject(shape, 'must be an object').prefault({} as z.input<z.ZodObject<Shape>>);

const provider = choice('claude', 'codex', 'command');

/** `.locus/config.json`. Keys that only gated runs, notices, logs and the server read are checked no further here. */
export const Config = z.looseObject(
  {
    tracker: choice('github', 'local').default('github'),
    github: section({
      owner: githubName.nullable().default(null),
      repo: githubName.nullable().default(null),
      defaultBranch: branch.nullable().default(null),
    }),
    ai: section({ provider: provider.default('claude'), model: text.nullable().default(null) }),
    agent: section({
      maxParallel: count.default(3),
      autoLabel: flag.default(true),
      autoPR: flag.default(true),
      baseBranch: branch.nullable().default(null),
      rebaseBeforeTask: flag.default(true),
      updateWith: choice('merge', 'rebase').default('merge'),
      command: argv.nullable().default(null),
      env: z.array(variableName, 'must be a list of names').default([]),
      timeoutMinutes: positive.default(120),
      stallMinutes: positive.default(15),
      maxAttempts: count.default(2),
      orphanMinutes: positive.default(30),
      hostLostMinutes: positive.default(2),
      verify: z.union([text, argv], 'must be a command: a text, or a list of texts').nullable().default(null),
      callsPerHour: count.default(100),
      budgetUsd: positive.nullable().default(null),
      runBudgetUsd: positive.nullable().default(null),
      prices: z
        .record(
          text,
          z.object({ inputUsd: price, cachedInputUsd: price, outputUsd: price }, 'must be an object of prices'),
          'must be an object of model and prices',
        )
        .default({}),
    }),
    workspace: section({
      setup: argv.nullable().default(null),
      copy: z.array(pathInside, 'must be a list of paths').default([]),
    }),
    sprint: section({
      active: text.nullable().default(null),
      stopOnFailure: flag.default(true),
      workspace: choice('worktree', 'root').default('worktree'),
    }),
    sandbox: section({
      enabled: flag.default(true),
      providers: z.record(z.string(), text, 'must be an object of provider and name').default({}),
    }),
    notify: section({ command: argv.nullable().default(null) }),
    logging: section({
      level: text.default('normal'),
      maxFiles: count.default(20),
      maxTotalSizeMB: positive.default(50),
    }),
    temporal: z.unknown().optional(),
    run_mode: z.unknown().optional(),
    red_team: z.unknown().optional(),
    post_pr: z.unknown().optional(),
    guardrails: z.unknown().optional(),
    dissent: z.unknown().optional(),
    roles: z.unknown().optional(),
  },
  'must be one object',
);

export type Config = z.infer<typeof Config>;

/** Names of the keys in `value` that the schema does not know, such as `agent.maxParalel`. */
export function unknownKeys(value: Readonly<Record<string, unknown>>): string[] {
  const names: string[] = [];
  for (const [name, inner] of Object.entries(value)) {
    if (!Object.hasOwn(Config.shape, name)) {
      names.push(name);
      continue;
    }
    const known = keysOfSection(Config.shape[name as keyof typeof Config.shape]);
    if (known === null || typeof inner !== 'object' || inner === null) continue;
    names.push(
      ...Object.keys(inner)
        .filter((key) => !known.includes(key))
        .map((key) => `${name}.${key}`),
    );
  }
  return names;
}

function keysOfSection(schema: z.ZodType): string[] | null {
  if (!(schema instanceof z.ZodPrefault)) return null;
  const inner = schema.unwrap();
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : null;
}

function isInside(path: string): boolean {
  return !/^(?:[/\\~]|[A-Za-z]:)/.test(path) && !path.includes('\0') && !path.split(/[/\\]/).includes('..');
}
