import { fenced } from '../text.ts';
import type { GatedProgress, PlanProgress } from './run-input.ts';
import { planText, runText } from './status.ts';

interface Shown {
  readonly gated?: GatedProgress | undefined;
  readonly plan?: PlanProgress | undefined;
}

/** A gated run or a plan as a markdown page, for Temporal's Web UI. `now` is in milliseconds. */
export function gatedPage({ gated, plan }: Shown, now: number): string {
  const text = plan ? planText(plan, now) : gated ? runText(gated, now) : '';
  const question = plan?.question ?? gated?.question ?? null;
  const asked = question === null ? '' : `\n\n**Asks (question ${question.number}):**\n\n${fenced(question.text)}`;
  return `${fenced(text)}${asked}`;
}
