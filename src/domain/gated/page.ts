import { fenced } from '../text.ts';
import type { GatedProgress } from './run-input.ts';
import { runText } from './status.ts';

/** A gated run as a markdown page, for Temporal's Web UI. `now` is in milliseconds. */
export function gatedPage(progress: GatedProgress, now: number): string {
  const { question } = progress;
  const asked = question === null ? '' : `\n\n**Asks:**\n\n${fenced(question.text)}`;
  return `${fenced(runText(progress, now))}${asked}`;
}
