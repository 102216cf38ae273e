import type { RunEvent } from '../domain/events.ts';
import { printable } from '../domain/text.ts';
import { paint } from '../ui/paint.ts';
import { openPrinter } from '../ui/printer.ts';

/** The sprint as one page: the lines of `locus run`, what the agents say, and what the demo does to them. */
export interface Page {
  event(event: RunEvent): void;
  agentSaid(issue: number, line: string): void;
  demoDid(what: string): void;
  warning(line: string): void;
  close(): void;
}

export function openPage(): Page {
  const printer = openPrinter({ json: false });
  const started = new Set<number>();
  const early: (readonly [number, string])[] = [];

  function agentSaid(issue: number, line: string): void {
    // A task's first words can be here before the news that it was started.
    if (started.has(issue)) printer.note(paint('dim', `    ${printable(line)}`));
    else early.push([issue, line]);
  }

  return {
    agentSaid,
    event(event) {
      printer.event(event);
      if (event.event !== 'task.started') return;
      started.add(event.issue);
      for (const [issue, line] of early.splice(0)) agentSaid(issue, line);
      printer.status(`#${event.issue}: the agent works`);
    },
    demoDid: (what) => printer.note(`  ${paint('yellow', '⚡')} ${paint('bold', what)}`),
    warning: (line) => printer.note(line),
    close: () => printer.close(),
  };
}
