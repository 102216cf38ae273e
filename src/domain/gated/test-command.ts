import { isObject, parsedJson } from './json-answer.ts';

/** A command that is run without a shell. */
export interface DetectedCommand {
  readonly command: string;
  /** Where it comes from, for people: `explicit`, `package.json`, `Cargo.toml`, … */
  readonly source: string;
}

/** What a repository shows of itself. */
export interface RepositoryFiles {
  /** The command that the configuration names; null: none. */
  readonly explicit: string | null;
  /** Paths relative to the root, with `/`. */
  readonly paths: readonly string[];
  /** Texts of the files of that name in the root; null where there is none. */
  readonly packageJson: string | null;
  readonly makefile: string | null;
}

const allowed: readonly (readonly string[])[] = [
  ...['npm', 'npx', 'yarn', 'pnpm', 'make', 'cargo', 'go', 'pytest', 'jest', 'vitest', 'mocha', 'bun', 'deno'],
  ...['gradle', 'mvn', 'dotnet', 'bats'],
]
  .map((name) => [name])
  .concat([['python', '-m', 'pytest']]);

/**
 * The words of a command that may be run, or null: its program is on the list, and nothing in it asks for a shell
 * (another command, a variable, a redirection, quotes).
 */
export function allowedCommand(command: string): string[] | null {
  if (/[;&|<>$`(){}\\'"\r\n\0]/.test(command)) return null;
  const words = command.split(/\s+/).filter((word) => word !== '');
  const isAllowed = allowed.some((start) => start.every((word, index) => words[index] === word));
  return isAllowed ? words : null;
}

/** The command that tests the repository, from the first of these that is there; null: none. */
export function testCommand(files: RepositoryFiles): DetectedCommand | null {
  return firstOf([
    explicitly(files),
    script(files, 'test'),
    makeTarget(files, 'test'),
    whereIs(files, ['Cargo.toml'], 'cargo test'),
    whereIs(files, ['go.mod'], 'go test ./...'),
    whereIs(files, ['pytest.ini', 'pyproject.toml'], 'pytest'),
    bats(files, 'tests/unit'),
    bats(files, 'tests/integration'),
    bats(files, 'tests'),
  ]);
}

/** The command that builds the repository; null: it needs no build. */
export function buildCommand(files: RepositoryFiles): DetectedCommand | null {
  return firstOf([
    explicitly(files),
    script(files, 'build'),
    makeTarget(files, 'build'),
    whereIs(files, ['Cargo.toml'], 'cargo build'),
    whereIs(files, ['go.mod'], 'go build ./...'),
  ]);
}

function firstOf(found: readonly (DetectedCommand | null)[]): DetectedCommand | null {
  return found.find((each) => each !== null) ?? null;
}

function explicitly({ explicit }: RepositoryFiles): DetectedCommand | null {
  return explicit === null || explicit.trim() === '' ? null : { command: explicit.trim(), source: 'explicit' };
}

function script({ packageJson }: RepositoryFiles, name: 'test' | 'build'): DetectedCommand | null {
  const json = packageJson === null ? null : parsedJson(packageJson);
  const scripts = isObject(json) ? json.scripts : null;
  const text = isObject(scripts) && Object.hasOwn(scripts, name) ? scripts[name] : null;
  // `npm init` writes a test script that only fails.
  if (typeof text !== 'string' || text.trim() === '' || text.includes('no test specified')) return null;
  return { command: name === 'test' ? 'npm test' : `npm run ${name}`, source: 'package.json' };
}

function makeTarget({ makefile }: RepositoryFiles, name: string): DetectedCommand | null {
  const has = new RegExp(`^${name}[ \\t]*:(?!=)`, 'm').test(makefile ?? '');
  return has ? { command: `make ${name}`, source: 'Makefile' } : null;
}

function whereIs({ paths }: RepositoryFiles, names: readonly string[], command: string): DetectedCommand | null {
  const source = names.find((name) => paths.includes(name));
  return source === undefined ? null : { command, source };
}

function bats({ paths }: RepositoryFiles, folder: string): DetectedCommand | null {
  const isTest = (path: string) => path.startsWith(`${folder}/`) && /^[^/]+\.bats$/.test(path.slice(folder.length + 1));
  return paths.some(isTest) ? { command: `bats ${folder}`, source: `${folder}/*.bats` } : null;
}
