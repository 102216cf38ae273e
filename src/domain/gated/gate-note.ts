const words = { skipped: 'was skipped', did_not_run: 'did not run', warning: 'warns' } as const;

/**
 * What a person must see of a gate that was skipped, failed or has doubts: it stands in the pull request and counts as
 * nothing. `gate`: such as `red-team`, `dissent`, `cross_model_review`.
 */
export function gateNote(gate: string, outcome: keyof typeof words, reason: string): string {
  return `${gate} ${words[outcome]}: ${reason}`;
}
