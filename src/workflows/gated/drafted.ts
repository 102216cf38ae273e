import type { PostPrState } from '../../domain/gated/post-pr-state.ts';
import { Placed } from './placed.ts';

/** What a target has shown of itself on the tracker, and what has looked at it there. */
export abstract class Drafted extends Placed {
  /** The validation of its draft, once it has begun. */
  postPr: PostPrState | null = null;
  /** The commit that its finished draft shows; null: there is none yet. */
  drafted: string | null = null;

  /** The latest commit that `agent.verify` has ended well on. */
  tested: string | null = null;

  get isTested(): boolean {
    return this.tested === this.tip;
  }

  validating(state: PostPrState): void {
    this.postPr = state;
    this.show();
  }
}
