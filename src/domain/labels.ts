export interface Label {
  readonly name: string;
  /** Six hex digits, no `#`. */
  readonly color: string;
  readonly description?: string;
}

export const statusLabels = {
  queued: { name: 'locus:queued', color: 'C2E0C6', description: 'Waiting for Locus' },
  inProgress: { name: 'locus:in-progress', color: '0E8A16', description: 'Locus is working on it' },
  inReview: { name: 'locus:in-review', color: 'FBCA04', description: 'A draft pull request is open' },
  done: { name: 'locus:done', color: '006B75', description: 'Locus has finished it' },
  failed: { name: 'locus:failed', color: 'B60205', description: 'Locus could not finish it' },
} as const satisfies Record<string, Label>;

export const managedLabel: Label = { name: 'agent:managed', color: '7057FF', description: 'Made by Locus' };

/** What `locus init` makes. Runs make the ones they use, when they first use them. */
export const allLabels: readonly Label[] = [
  ...Object.values(statusLabels),
  managedLabel,
  { name: 'p:critical', color: 'B60205' },
  { name: 'p:high', color: 'D93F0B' },
  { name: 'p:medium', color: 'E99695' },
  { name: 'p:low', color: 'F9D0C4' },
  { name: 'type:feature', color: '0075CA' },
  { name: 'type:bug', color: '1D76DB' },
  { name: 'type:chore', color: '5319E7' },
  { name: 'type:refactor', color: '6E5494' },
  { name: 'type:docs', color: '0E8A16' },
];

export const orderLabelColor = 'CCCCCC';

/** What a run itself puts on issues and pull requests. */
export const runLabels: readonly Label[] = [
  statusLabels.inProgress,
  statusLabels.done,
  statusLabels.failed,
  managedLabel,
];

export interface LabelChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * The change that leaves exactly one status label, `to`, on an issue. `current` are the labels it was last seen
 * with; a label that is certainly absent is not removed, which saves a call.
 */
export function toStatus(
  to: 'inProgress' | 'inReview' | 'done' | 'failed' | null,
  current: readonly string[],
): LabelChange {
  const names: readonly string[] = Object.values(statusLabels).map((label) => label.name);
  const wanted = to === null ? null : statusLabels[to].name;
  return {
    add: wanted !== null && !current.includes(wanted) ? [wanted] : [],
    remove: current.filter((label) => names.includes(label) && label !== wanted),
  };
}
