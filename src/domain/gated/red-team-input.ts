import { head } from '../text.ts';
import { allHeadingsOf, readMarkdown, sectionAt } from './markdown.ts';

export type RedTeamSkip = 'sdd_not_found' | 'no_security_sections' | 'no_code_diff';

/** One text that the red team is given. */
export interface Channel {
  readonly name: 'design' | 'diff' | 'feedback';
  readonly text: string;
  /** Characters that did not fit and are left out; 0: none. */
  readonly leftOut: number;
}

export type RedTeamInput =
  | { readonly kind: 'ready'; readonly channels: readonly Channel[] }
  | { readonly kind: 'skipped'; readonly reason: RedTeamSkip }
  | { readonly kind: 'halted'; readonly reason: 'sdd_not_found' };

const securityHeading =
  /Security|Authentication|Authorization|Validation|Error.Handling|Access.Control|Secrets|Encryption|Input.Sanitiz/i;
const feedbackHeading =
  /Findings|Issues|Changes.Required|Security|Concerns|Recommendations|SEC-[0-9]|Audit|Observations/i;

const tokens = 150_000;
const charsPerToken = 4;
const channelMin = 4_000;
/** Characters; in UTF-8 each takes at most three bytes. */
export const channelMax = 100_000;

/**
 * What the red team compares. `design` is null where there is no design document; `feedback` holds earlier answers of
 * the review and the audit.
 */
export function redTeamInput(
  given: { readonly design: string | null; readonly diff: string; readonly feedback: readonly string[] },
  skipWithoutDesign: boolean,
): RedTeamInput {
  if (given.design === null) {
    return { kind: skipWithoutDesign ? 'skipped' : 'halted', reason: 'sdd_not_found' };
  }
  const design = securitySections(given.design);
  if (design === '') return { kind: 'skipped', reason: 'no_security_sections' };
  if (given.diff.trim() === '') return { kind: 'skipped', reason: 'no_code_diff' };
  const feedback = given.feedback
    .map(feedbackSections)
    .filter((text) => text !== '')
    .join('\n\n');
  const texts = [
    { name: 'design' as const, text: design },
    { name: 'diff' as const, text: given.diff },
    ...(feedback === '' ? [] : [{ name: 'feedback' as const, text: feedback }]),
  ];
  const budget = channelBudget(texts.length);
  return { kind: 'ready', channels: texts.map(({ name, text }) => ({ name, ...fitted(text, budget) })) };
}

/** Characters that each of so many channels may have. */
export function channelBudget(channels: number): number {
  const share = Math.floor((tokens * charsPerToken) / Math.max(1, channels));
  return Math.min(channelMax, Math.max(channelMin, share));
}

/** The sections of a design document whose heading (H1 to H3) speaks of security, each with all that is below it. */
export function securitySections(document: string): string {
  return sectionsWith(document, securityHeading);
}

/** Of an earlier answer, the sections that hold what was found; all of it where no heading says so. */
function feedbackSections(answer: string): string {
  return sectionsWith(answer, feedbackHeading) || answer.trim();
}

function sectionsWith(document: string, wanted: RegExp): string {
  const markdown = readMarkdown(document);
  const headings = allHeadingsOf(markdown);
  const sections: string[] = [];
  let end = 0;
  for (const heading of headings) {
    // What stands in a section that was taken is not taken twice.
    if (heading.at < end || heading.level > 3 || !wanted.test(heading.text)) continue;
    const section = sectionAt(markdown, headings, heading);
    sections.push(section);
    end = heading.at + section.split('\n').length;
  }
  return sections.join('\n\n');
}

function fitted(text: string, budget: number): { readonly text: string; readonly leftOut: number } {
  if (text.length <= budget) return { text, leftOut: 0 };
  const note = (left: number) => `\n… ${left} characters are left out here`;
  const kept = head(text, budget - note(text.length).length);
  const leftOut = text.length - kept.length;
  return { text: `${kept}${note(leftOut)}`, leftOut };
}
