/** Which folders a git command works with. Our git never looks for them itself: what it would find may be an agent's. */
export interface Place {
  readonly commonDir: string;
  /** Whose HEAD counts; left out: the repository's own. */
  readonly gitDir?: string;
  readonly workTree?: string;
  /** Where git stands when there is no work tree: a remote may be a relative path. */
  readonly root?: string;
  /** null or absent: the repository's own index. */
  readonly indexFile?: string | null;
  /** Takes new objects, with the repository's own as alternate. */
  readonly objectsDir?: string | null;
}

/** What git inherits: no variable that points at another repository, index or configuration, and no prompt. */
export function baseEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || (name.startsWith('GIT_') && !inheritedGitVariable.test(name))) continue;
    env[name] = value;
  }
  return { ...env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '', GIT_OPTIONAL_LOCKS: '0' };
}

const inheritedGitVariable =
  /^GIT_(AUTHOR|COMMITTER)_|^GIT_SSH|^GIT_SSL_|^GIT_HTTP_|^GIT_PROXY|^GIT_EXEC_PATH$|^GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)$/;

// Nothing that a work tree or a planted configuration could make git run, and nothing that works in the background.
const config: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.trustctime': 'true',
  'core.checkStat': 'default',
  'core.bare': 'false',
  // Half of a split index would be looked for beside a HEAD of ours.
  'core.splitIndex': 'false',
  'core.quotePath': 'true',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'protocol.ext.allow': 'never',
  'advice.detachedHead': 'false',
  'credential.interactive': 'false',
};

// Caches beside the agent's objects could describe commits that the objects themselves do not hold.
const withForeignObjects: Readonly<Record<string, string>> = {
  'core.commitGraph': 'false',
  'core.multiPackIndex': 'false',
};

export function commandLine(args: readonly string[], objectsDir?: string | null): string[] {
  const entries = Object.entries(objectsDir ? { ...config, ...withForeignObjects } : config);
  return [...entries.flatMap(([key, value]) => ['-c', `${key}=${value}`]), ...args];
}

/** Folder and environment that git is started in. */
export function surroundings(place: Place): { readonly cwd: string; readonly env: Record<string, string> } {
  return {
    cwd: place.workTree ?? place.root ?? place.commonDir,
    env: { ...baseEnvironment(), ...folders(place) },
  };
}

function folders(place: Place): Record<string, string> {
  const env: Record<string, string> = {
    GIT_DIR: place.gitDir ?? place.commonDir,
    GIT_COMMON_DIR: place.commonDir,
  };
  if (place.workTree !== undefined) env.GIT_WORK_TREE = place.workTree;
  if (place.indexFile) env.GIT_INDEX_FILE = place.indexFile;
  else if (place.gitDir) env.GIT_INDEX_FILE = `${place.commonDir}/index`;
  if (place.objectsDir) {
    env.GIT_OBJECT_DIRECTORY = place.objectsDir;
    // Quoted, because a colon separates the folders of this list.
    env.GIT_ALTERNATE_OBJECT_DIRECTORIES = JSON.stringify(`${place.commonDir}/objects`);
  }
  return env;
}
