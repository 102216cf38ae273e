import { sha256 } from '../sha256.ts';
import { oneLine } from '../text.ts';
import { newPostPr } from './post-pr.ts';
import { type PostPrPhase, type PostPrState, postPrPhases } from './post-pr-state.ts';
import type { GatedInput, GatedTarget, PlanInput } from './run-input.ts';
import type { Completion } from './state.ts';

/** What the validation of an open draft carries beside the gated input whose branch it is. */
export interface PostPrInput {
  /** New, or as an earlier part of it was left. */
  readonly state: PostPrState;
  /** The cycle that its agents count on from. */
  readonly cycle: number;
  readonly completion: Completion;
  /** The host that holds the branch's workspace. */
  readonly hostId: string | null;
  readonly timeoutS: Readonly<Record<PostPrPhase, number>>;
}

export const phaseTimeouts = Object.fromEntries(
  postPrPhases.map(({ phase, timeoutS }) => [phase, timeoutS]),
) as PostPrInput['timeoutS'];

/** A validation that has not begun. */
export function newValidation(
  { id, mode, settings }: Pick<GatedInput, 'id' | 'mode' | 'settings'>,
  pull: { readonly url: string; readonly branch: string },
  at: string,
): PostPrState {
  const day = /\d{8}/.exec(id)?.[0] ?? '';
  const post_pr_id = `post-pr-${day}-${sha256(`${id} post-pr`).slice(0, 8)}`;
  return newPostPr({ post_pr_id, pr_url: pull.url, branch: pull.branch, mode }, settings.postPr, at);
}

/** A plan as one target: what all its sprints ask for. */
export function wholeTarget({ sprints }: Pick<PlanInput, 'sprints'>): GatedTarget {
  const name = 'sprint-plan';
  const title = 'Sprint plan';
  const issues = sprints.flatMap((sprint) => (sprint.kind === 'issues' ? sprint.issues : []));
  const sections = sprints.flatMap((sprint) => (sprint.kind === 'section' ? [sectionText(sprint)] : []));
  if (sections.length === 0) return { kind: 'issues', name, title, issues };
  return { kind: 'section', name, title, text: sections.join('\n\n') };
}

function sectionText({ name, title, text }: Extract<GatedTarget, { readonly kind: 'section' }>): string {
  return `## ${name}: ${oneLine(title)}\n\n${text}`;
}
