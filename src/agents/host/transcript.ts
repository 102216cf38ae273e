import type { AgentEvent, AgentReport } from '../../domain/agent.ts';
import { emptyReport, lastBytes, withEvent } from '../../domain/agent-report.ts';
import type { Pricing } from '../../domain/prices.ts';
import type { Agent } from '../agent.ts';

const usualAnswerBytes = 64 * 1024;
const summaryBytes = 4 * 1024;

/** What an agent has said so far: its report, and the last `answerBytes` of its answer. */
export function transcript(
  { provider, reader }: Pick<Agent, 'provider' | 'reader'>,
  { pricing, answerBytes = usualAnswerBytes }: { readonly pricing?: Pricing; readonly answerBytes?: number } = {},
) {
  const read = reader(pricing);
  const wholeOutput = provider === 'command';
  let report = emptyReport;
  let lines: string[] = [];
  let length = 0;
  let lastText = '';
  let result = '';
  let done = false;

  function addText(text: string): void {
    lastText = text;
    if (!wholeOutput) return;
    lines.push(text);
    length += text.length + 1;
    // Twice the limit, so that long outputs are not joined anew for each line.
    if (length < 2 * answerBytes) return;
    lines = [lastBytes(lines.join('\n'), answerBytes)];
    length = (lines[0] ?? '').length;
  }

  function addEvent(event: AgentEvent): void {
    report = withEvent(report, event);
    if (event.kind === 'text') addText(event.text);
    if (event.kind === 'result') {
      result = event.text;
      done = event.ok;
    }
  }

  return {
    add(line: string): void {
      for (const event of read(line)) addEvent(event);
    },
    report(): AgentReport {
      // A plain command's summary is the end of its output, not its last line.
      if (!wholeOutput || result !== '') return report;
      return { ...report, summary: lastBytes(lines.slice(-200).join('\n').trim(), summaryBytes) };
    },
    /** Whether it has told of its success: all that is left for it is to end. */
    isDone(): boolean {
      return done;
    },
    answer(): string {
      if (wholeOutput) return lastBytes(lines.join('\n'), answerBytes);
      return lastBytes(result.trim() === '' ? lastText : result, answerBytes);
    },
  };
}
