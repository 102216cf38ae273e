import { duration } from '../domain/duration.ts';
import type { RunEvent } from '../domain/events.ts';
import { answerHint } from '../domain/gated/status.ts';
import { oneLine, printable } from '../domain/text.ts';
import { paint } from './paint.ts';
import { openStatusLine } from './status-line.ts';

/** Where the events of a run go: lines for people, with a live line at the bottom of a terminal, or JSON lines. */
export interface Printer {
  event(event: RunEvent): void;
  /** What goes on right now; shown on a terminal only. */
  status(text: string): void;
  /** A sentence for people; on stderr where stdout carries JSON. */
  note(text: string): void;
  close(): void;
}

export function openPrinter(options: { readonly json: boolean }): Printer {
  return options.json ? jsonPrinter() : linePrinter();
}

function jsonPrinter(): Printer {
  return {
    event: (event) => console.log(JSON.stringify(event)),
    status: () => {},
    note: (text) => console.error(printable(text)),
    close: () => {},
  };
}

function linePrinter(): Printer {
  const line = openStatusLine(process.stdout);
  let lastActivity = '';
  let sharedPull = false;
  let lastError = '';
  return {
    event(event) {
      if (event.event === 'run.started') sharedPull = event.sprint !== null;
      if (event.event === 'task.finished') lastError = event.error?.message ?? '';
      const text = event.event === 'run.halted' ? halted(event, lastError) : describe(event, sharedPull);
      // Without a terminal each activity would be a line of a log that nobody asked for.
      if (event.event === 'agent.event') {
        if (line.live && text !== lastActivity) line.print(text);
        lastActivity = text;
        return;
      }
      line.print(text);
    },
    status: (text) => line.show(text),
    note: (text) => line.print(printable(text)),
    close: () => line.close(),
  };
}

function describe(event: RunEvent, sharedPull: boolean): string {
  switch (event.event) {
    case 'run.started':
      return `${paint('bold', event.sprint !== null ? oneLine(event.sprint) : event.tasks.map(({ issue, title }) => (issue > 0 ? `#${issue}` : oneLine(title))).join(' '))}  ${count(event.tasks.length, 'task')}${event.branch ? `, branch ${event.branch}` : ''}`;
    case 'task.started':
      return `${paint('cyan', '▶')} ${named(event)}`;
    case 'agent.event':
      return paint('dim', `    #${event.issue} ${oneLine(event.text)}`);
    case 'task.finished':
      return finished(event, sharedPull);
    case 'run.waiting':
      return `${paint('yellow', '…')} waiting ${event.until === null ? 'for ' : `until ${clock(event.until)}: `}${oneLine(event.reason)}`;
    case 'run.warning':
      return `${paint('yellow', 'warning:')} ${oneLine(event.text)}`;
    case 'gated.phase':
      return `${paint('cyan', '●')} ${event.target}: ${event.state}, ${event.phase}${event.cycle > 0 ? `, cycle ${event.cycle} of ${event.limit}` : ''}`;
    case 'gated.question':
      return `${paint('yellow', '?')} question ${event.number}: ${printable(event.text)}\n  ${answerHint(event)}`;
    case 'run.halted':
      return halted(event, '');
    case 'run.finished':
      return summary(event);
  }
}

/** `told`: what the line above has said already. */
function halted(event: Extract<RunEvent, { readonly event: 'run.halted' }>, told: string): string {
  const mark = `${paint('yellow', '■')} halted`;
  if (event.reason === told) return `${mark}; go on with \`${event.resume}\``;
  const files = event.files.map((file) => `    ${oneLine(file)}`);
  return [`${mark}: ${printable(event.reason)}`, ...files, `  ${printable(event.remedy)}`].join('\n');
}

// A sprint has one pull request, which its last line names.
function finished(event: Extract<RunEvent, { readonly event: 'task.finished' }>, sharedPull: boolean): string {
  const time = paint('dim', duration(event.durationMs));
  const pull = event.pr === null || sharedPull ? '' : `  pull request #${event.pr}`;
  const what = named(event);
  if (event.status === 'done') return `${paint('green', '✔')} ${what}${pull}  ${time}`;
  if (event.status === 'skipped') return `${paint('dim', '-')} ${what}  skipped: the issue is closed`;
  const error = event.error
    ? `\n    ${printable(event.error.message).trim().split('\n').join('\n    ')}\n    ${printable(event.error.remedy)}`
    : '';
  return `${paint('red', '✘')} ${what}  ${time}${error}`;
}

function summary(event: Extract<RunEvent, { readonly event: 'run.finished' }>): string {
  const done = event.tasks.filter((task) => task.status === 'done').length;
  const failed = event.tasks.filter((task) => task.status === 'failed').length;
  const parts = [`${done} of ${count(event.tasks.length, 'task')} done`];
  if (failed > 0) parts.push(paint('red', `${failed} failed`));
  if (event.pr !== null) parts.push(`pull request #${event.pr}`);
  return `${event.status === 'stopped' ? 'stopped' : 'finished'}: ${parts.join(', ')}`;
}

/** A task of no issue has its title alone. */
function named({ issue, title }: { readonly issue: number; readonly title: string }): string {
  return issue > 0 ? `#${issue} ${oneLine(title)}` : oneLine(title);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function clock(at: string): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
