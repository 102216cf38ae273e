import type { EarlierFindings } from '../../domain/gated/prompt-parts.ts';
import type { Gate } from '../../domain/gated/state.ts';
import { Drafted } from './drafted.ts';
import { type Feedback, noFeedback } from './feedback.ts';

/** What the agents of a target have said of it, for those that come after them. */
export abstract class Told extends Drafted {
  feedback: Feedback = noFeedback;
  earlier: readonly EarlierFindings[] = [];
  /** What the latest implementer says that it did. */
  report = '';
  /** What each gate has said last of those times when it asked for changes; null: it never has. */
  wantedChanges: Readonly<Record<Gate, string | null>> = { review: null, audit: null };
  /** The answer that a gate is asked to repair. */
  lastAnswer = '';
}
