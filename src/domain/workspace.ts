/** A repository on this host: a person's checkout, or a bare mirror that we keep for runs that name only a remote. */
export interface Repository {
  /** The checkout's root; the mirror itself where there is none. */
  readonly root: string;
  readonly commonDir: string;
  readonly bare: boolean;
  /** Folder that holds its worktrees: `<root>/.locus/worktrees`, or one beside the mirror. */
  readonly worktreesDir: string;
  /** Folder under the state directory for our private index files and attempts of this repository. */
  readonly privateDir: string;
}

/** A work tree in which one task at a time runs. Its HEAD is detached in a worktree; `branch` is moved by us alone. */
export interface Workspace {
  readonly mode: 'worktree' | 'root';
  readonly repository: Repository;
  /** Folder name: `sprint-<slug>` or `issue-<N>`; `root` in root mode. */
  readonly name: string;
  readonly path: string;
  readonly branch: string;
  /** `<commonDir>/worktrees/<name>`; null in root mode. */
  readonly adminDir: string | null;
  /** Our own index, outside the agent's reach; null in root mode, where the repository's own is used. */
  readonly indexFile: string | null;
}
