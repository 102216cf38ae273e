import { z } from 'zod';
import { gatedSections } from './gated.ts';
import {
  argv,
  branch,
  choice,
  count,
  flag,
  githubName,
  pathInside,
  positive,
  price,
  provider,
  section,
  text,
  variableName,
} from './values.ts';

/** `.locus/config.json`. Keys that only notices, logs and the server read are checked no further here. */
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
    ...gatedSections,
  },
  'must be one object',
);

export type Config = z.infer<typeof Config>;

/** Names of the keys in `value` that the schema does not know, such as `agent.maxParalel`. */
export function unknownKeys(value: Readonly<Record<string, unknown>>): string[] {
  return unknownIn(Config, value, '');
}

function unknownIn(schema: z.ZodObject, value: Readonly<Record<string, unknown>>, path: string): string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    if (!Object.hasOwn(schema.shape, name)) return [`${path}${name}`];
    const known = sectionOf(schema.shape[name] as z.ZodType);
    if (known === null || typeof inner !== 'object' || inner === null) return [];
    return unknownIn(known, inner as Record<string, unknown>, `${path}${name}.`);
  });
}

function sectionOf(schema: z.ZodType): z.ZodObject | null {
  if (!(schema instanceof z.ZodPrefault)) return null;
  const inner = schema.unwrap();
  return inner instanceof z.ZodObject ? inner : null;
}
