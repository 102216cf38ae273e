import type { OpenedTarget } from '../../activities/gated/contract.ts';
import { Asking } from './asking.ts';
import type { Movable } from './delivery.ts';

/** On which host a target is worked on, and what of it is nowhere else. */
export abstract class Placed extends Asking implements Movable {
  /** Where it is worked on; null before it is open, and after its host was lost. */
  opened: OpenedTarget | null = null;
  /** Its host was lost, and no other one has been made ready. */
  moved = false;
  /** With work that was nowhere else: it is to be done again. */
  workLost = false;
  private hostsLost = 0;
  private pushed: string | null = null;

  abstract get tip(): string;

  /** The branch stands on a tree that no gate has seen. */
  abstract unapproved(): void;

  get isDelivered(): boolean {
    return this.pushed === this.tip;
  }

  arrived(commit: string): void {
    this.pushed = commit;
  }

  hostLost(): number {
    this.opened = null;
    this.moved = true;
    if (!this.isDelivered) this.workLost = true;
    if (this.workLost) this.unapproved();
    this.hostsLost += 1;
    return this.hostsLost;
  }

  /** A person has seen to them. */
  protected forgetLosses(): void {
    this.hostsLost = 0;
  }
}
