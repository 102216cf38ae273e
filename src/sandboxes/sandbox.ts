import type { SandboxKind } from '../domain/settings.ts';

/** What an agent may touch. All paths absolute, real (no symlink in them). */
export interface Confinement {
  /** The work tree; writable unless `readOnly`. */
  readonly workspace: string;
  readonly readOnly: boolean;
  /** The repository's common git folder: readable only. */
  readonly commonDir: string;
  /** The worktree's own git folder (`<commonDir>/worktrees/<name>`): writable, but for `commondir` and `gitdir`. null in root mode. */
  readonly adminDir: string | null;
  /** Takes the objects the agent writes, instead of `<commonDir>/objects`. null: the agent cannot write objects. */
  readonly objectsDir: string | null;
  /** The attempt's folder, for scratch that must outlive the sandbox. Not readable for the agent. */
  readonly attemptDir: string;
  /** Writable files and folders of the agent: its sessions. Those that do not exist are left out. */
  readonly agentFolders: readonly string[];
  /** Files and folders of the agent that it may read, such as its settings. Those that do not exist are left out. */
  readonly agentReadable?: readonly string[];
  /** Further folders that are hidden: Locus' own state. The folder that holds `attemptDir` always is. */
  readonly hidden?: readonly string[];
  /** The person's home folder: hidden but for tools. */
  readonly home: string;
}

export interface SandboxedCommand {
  readonly argv: readonly string[];
  /** Added to the environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** A command that ends what signals from here cannot reach. */
  readonly end?: readonly string[];
}

export interface Sandbox {
  readonly kind: SandboxKind;
  /** For people: `bubblewrap`, `sandbox-exec`, `Docker Desktop`, `none`. */
  readonly title: string;
  /**
   * The command that runs `argv` confined, in `confinement.workspace`. May make folders under attemptDir and objectsDir.
   * `env` is the agent's environment; without it, PATH is that of this process.
   */
  wrap(
    argv: readonly string[],
    confinement: Confinement,
    env?: Readonly<Record<string, string>>,
  ): Promise<SandboxedCommand>;
}
