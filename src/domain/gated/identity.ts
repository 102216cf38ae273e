import { sha256 } from '../sha256.ts';
import type { Finding } from './state.ts';

/** What makes a finding the same one in another cycle; its id and its words may change. */
export type Identified = Pick<Finding, 'category' | 'rule' | 'file' | 'line' | 'severity'>;

const hexDigits = 16;
/** A finding that moved within its ten lines is the same one. */
const linesTogether = 10;

/** 16 hex digits. */
export function findingIdentity({ category, rule, file, line, severity }: Identified): string {
  const lines = Math.floor(line / linesTogether) * linesTogether;
  return sha256([category, rule, file, lines, severity].join('|')).slice(0, hexDigits);
}

/** The same for the same set of identities, in any order and however often each is told; null for none. */
export function findingsHash(findings: readonly Identified[]): string | null {
  const identities = [...new Set(findings.map(findingIdentity))].sort();
  return identities.length === 0 ? null : sha256(identities.join('\n')).slice(0, hexDigits);
}

/** How many of a gate's earlier findings it no longer has. */
export function countFixed(before: readonly Identified[], after: readonly Identified[]): number {
  const left = new Set(after.map(findingIdentity));
  return [...new Set(before.map(findingIdentity))].filter((identity) => !left.has(identity)).length;
}
