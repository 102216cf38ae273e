import path from 'node:path';

/**
 * What of the home folder an agent may read. Everything else in it is hidden: a list of secrets to hide is never
 * complete, a list of tools is only ever too short. Left out on purpose are files that hold tokens (`.npmrc`,
 * `.cargo/credentials.toml`, `.docker`, `.m2/settings.xml`, `.config/gh`): `agent.env` can give those.
 */
const tools: readonly string[] = [
  ...['.gitconfig', '.config/git', '.gitignore', '.gitignore_global', '.editorconfig'],
  ...['.nvm', '.fnm', '.volta', '.nodenv', '.npm-global', '.bun', '.deno', '.local/share/fnm', '.local/share/pnpm'],
  ...['.asdf', '.mise', '.local/share/mise', '.config/mise', '.sdkman', '.jenv', '.goenv', '.rbenv', '.rvm'],
  ...['.pyenv', '.local/share/uv', '.local/share/pipx', '.local/lib', '.local/bin', '.local/share/claude'],
  ...['.cargo/bin', '.cargo/env', '.cargo/config.toml', '.rustup', '.opam', '.ghcup', '.elan', '.dotnet/sdk'],
  ...['bin', 'go/bin', 'sdk'],
];

/** Folders that hold more than programs: of these, only the entry of PATH itself is shown. */
const mixed = ['.local', '.cargo', '.docker', '.config', '.cache', 'go', 'Library'];

/** The folders of the home that a sandbox shows, read-only: the known tools, and what PATH and the program name. */
export function visibleInHome(home: string, searchPath: string, programs: readonly string[]): string[] {
  const fromPath = searchPath.split(path.delimiter).filter(path.isAbsolute).map(path.normalize);
  const shown = [
    ...tools.map((tool) => path.join(home, tool)),
    ...fromPath.flatMap((entry) => shownFor(home, entry)),
    ...programs.flatMap((file) => (path.dirname(file) === home ? [file] : shownFor(home, path.dirname(file)))),
  ];
  return [...new Set(shown)].sort();
}

const besideBin = ['lib', 'lib64', 'libexec', 'share', 'include', 'src', 'pkg', 'conf'];

/** Programs look for their libraries beside their `bin`. A folder of packages or shims is nothing without the one above. */
function shownFor(home: string, folder: string): string[] {
  const relative = path.relative(home, folder);
  if (relative === '' || relative === '..' || relative.startsWith(`..${path.sep}`)) return [];
  const above = path.dirname(folder);
  const name = path.basename(folder);
  if (above === home || mixed.includes(path.relative(home, above))) return [folder];
  if (name === '.bin' || name === 'shims') return [above];
  return name === 'bin' ? [folder, ...besideBin.map((beside) => path.join(above, beside))] : [folder];
}
