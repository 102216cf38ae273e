import type { Scene } from './scene.ts';
import type { Shape } from './shapes.ts';

/** One fault: a line of the table. */
export interface Row {
  readonly id: string;
  /** What is done to the run, for people. */
  readonly fault: string;
  /** How many trials; `points`: one for each named point of each shape, at least. */
  readonly full: number | 'points';
  readonly quick: number;
  /** What a person has to do before the run can go on; left out: nothing, or any next command. */
  readonly person?: string;
  /** What the time to recover is counted from and to. */
  readonly clock: string;
  readonly gated?: boolean;
  /** The only shape it is tried with. */
  readonly shape?: Shape;
  readonly agent?: Readonly<Record<string, unknown>>;
  readonly diskMegabytes?: number;
  /** Points, in the quick form, that this row is tried at. */
  readonly quickPoints?: readonly string[];
  /** Which of the stated times to recover it is held against. */
  readonly target?: 'kill' | 'term';
  /** Before the run is started. */
  before?(scene: Scene): Promise<void> | void;
  /** Makes the fault and sees to it that the run can go on; answers the time to recover in milliseconds, if there is one. */
  strike(scene: Scene): Promise<number | null>;
}
