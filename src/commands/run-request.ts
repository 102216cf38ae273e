import type { Tracker } from '../trackers/tracker.ts';
import type { Printer } from '../ui/printer.ts';
import type { Project } from './project.ts';
import type { RunOptions } from './run-options.ts';
import type { Plan } from './run-preflight.ts';
import type { Selection } from './run-selection.ts';

/** One call of `locus run`, with everything that was found out before a run is looked for. */
export interface Request {
  readonly project: Project;
  readonly plan: Plan;
  readonly tracker: Tracker;
  readonly selection: Selection;
  readonly options: Pick<RunOptions, 'resume' | 'fresh' | 'force'>;
  readonly printer: Printer;
}
