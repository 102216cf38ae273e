export interface KnownOptions {
  readonly flags: readonly string[];
  /** Options that take a value, as `--head x` or `--head=x`. */
  readonly values?: readonly string[];
}

export interface GivenOptions {
  readonly positional: readonly string[];
  /** Name → value; empty for a flag. */
  readonly given: ReadonlyMap<string, string>;
  /** The first option that is not known; nothing is guessed, as git takes `--forc` for `--force`. */
  readonly unknown: string | null;
}

/** Takes a command's arguments apart as git and gh do: `-fu` is two flags, and after `--` nothing is an option. */
export function optionsOf(args: readonly string[], { flags, values = [] }: KnownOptions): GivenOptions {
  const positional: string[] = [];
  const given = new Map<string, string>();
  let unknown: string | null = null;
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  for (let index = 0; index < options.length; index += 1) {
    const arg = options[index] ?? '';
    const [name = '', value] = nameAndValue(arg);
    if (!arg.startsWith('-') || arg === '-') positional.push(arg);
    else if (flags.includes(arg)) given.set(arg, '');
    else if (values.includes(name)) {
      given.set(name, value ?? options[index + 1] ?? '');
      if (value === undefined) index += 1;
    } else if (value !== undefined && flags.includes(name)) given.set(name, value);
    else if (isCluster(arg, flags)) for (const letter of arg.slice(1)) given.set(`-${letter}`, '');
    else unknown ??= arg;
  }
  return { positional: end < 0 ? positional : [...positional, ...args.slice(end + 1)], given, unknown };
}

function nameAndValue(arg: string): readonly [string, string?] {
  const equals = arg.indexOf('=');
  return equals < 0 || !arg.startsWith('--') ? [arg] : [arg.slice(0, equals), arg.slice(equals + 1)];
}

function isCluster(arg: string, flags: readonly string[]): boolean {
  return /^-[A-Za-z]{2,}$/.test(arg) && [...arg.slice(1)].every((letter) => flags.includes(`-${letter}`));
}
