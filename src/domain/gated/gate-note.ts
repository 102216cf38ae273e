const words = { skipped: 'was skipped', did_not_run: 'did not run', warning: 'warns' } as const;

/**
 * What a person must see of a gate that was skipped, failed or has doubts: it stands in the pull request and counts as
 * nothing. `gate`: such as `red-team`, `dissent`, `cross_model_review`.
 */
export function gateNote(gate: string, outcome: keyof typeof words, reason: string): string {
  return `${gate} ${words[outcome]}: ${reason}`;
}

/** The gates that run where somebody wants them, besides those that always do. */
export type OptionalGate = 'red-team' | 'dissent';

/** Those that are on. */
export function optionalGates(settings: {
  readonly redTeam: { readonly enabled: boolean };
  readonly dissent: boolean;
}): readonly OptionalGate[] {
  return [
    ...(settings.redTeam.enabled ? (['red-team'] as const) : []),
    ...(settings.dissent ? (['dissent'] as const) : []),
  ];
}

/** From what must be known most. */
const outcomes = ['did_not_run', 'skipped', 'warned', 'passed'] as const;
export type GateOutcome = (typeof outcomes)[number];

/** What became of a gate that need not approve, in all of these targets: of several outcomes, the worst. */
export function outcomeInAll(gate: string, targets: readonly (readonly string[])[]): GateOutcome {
  const each = targets.map((notes) => outcomeIn(gate, notes));
  return outcomes.find((outcome) => each.includes(outcome)) ?? 'passed';
}

/** What the notes say of a gate that need not approve. */
export function outcomeIn(gate: string, notes: readonly string[]): GateOutcome {
  const note = notes.find((text) => text.startsWith(`${gate} `));
  if (note === undefined) return 'passed';
  if (note.startsWith(`${gate} ${words.skipped}`)) return 'skipped';
  return note.startsWith(`${gate} ${words.did_not_run}`) ? 'did_not_run' : 'warned';
}
