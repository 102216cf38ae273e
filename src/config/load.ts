import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocusFailure } from '../domain/failures.ts';
import { errnoOf } from './errno.ts';
import { syntaxProblem } from './json-position.ts';
import { Config, unknownKeys } from './schema.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Kept in the file, and without effect. */
  readonly unknownKeys: readonly string[];
  readonly path: string;
  readonly exists: boolean;
}

export const configFile = '.locus/config.json';

/** Reads and checks the config of the repository at `root`; the defaults where there is no file. */
export async function loadConfig(root: string): Promise<LoadedConfig> {
  const path = join(root, configFile);
  const text = await readIfThere(path);
  return { ...parseConfig(text ?? '{}'), path, exists: text !== null };
}

/** Checks a config's text, wherever it was read. */
export function parseConfig(text: string): Pick<LoadedConfig, 'config' | 'unknownKeys'> {
  const value = parseJson(text);
  const result = Config.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => describe(issue.path, issue.message, value));
    throw new LocusFailure('ConfigInvalid', `${configFile}: ${[...new Set(problems)].join('; ')}`);
  }
  const config = result.data;
  const { implementer, reviewer, auditor, 'red-team': redTeam, triage } = config.roles;
  const agents = [config.ai, implementer, reviewer, auditor, redTeam, triage];
  if (config.agent.command === null && agents.some(({ provider }) => provider === 'command')) {
    throw new LocusFailure(
      'ConfigInvalid',
      `${configFile}: agent.command must be set for the provider "command": a program and its arguments`,
    );
  }
  return { config, unknownKeys: unknownKeys(value as Record<string, unknown>) };
}

/** The file as it is, for changing single keys; null where there is none. */
export async function readRawConfig(root: string): Promise<Record<string, unknown> | null> {
  const text = await readIfThere(join(root, configFile));
  if (text === null) return null;
  parseConfig(text);
  return parseJson(text) as Record<string, unknown>;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new LocusFailure('ConfigInvalid', `${configFile} cannot be read (${code})`, {}, error);
  }
}

function parseJson(text: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(json);
  } catch (error) {
    const { line, column, problem } = syntaxProblem(json, error);
    throw new LocusFailure(
      'ConfigInvalid',
      `${configFile} is not valid JSON: line ${line}, column ${column}: ${problem}`,
      {},
      error,
    );
  }
}

function describe(path: readonly PropertyKey[], message: string, config: unknown): string {
  const name = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const shown = JSON.stringify(valueAt(config, path)) ?? 'missing';
  const is = shown.length > 80 ? `${shown.slice(0, 79)}…` : shown;
  return `${name === '' ? 'it' : name.replace(/^\./, '')} ${message}, is ${is}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null) return undefined;
    inner = (inner as Record<PropertyKey, unknown>)[key];
  }
  return inner;
}
