import { fileURLToPath } from 'node:url';
import { putFigures, seenOn } from '../support/figures.ts';
import type { Kind } from './check.ts';
import { rows } from './plan.ts';
import type { Row } from './rows.ts';
import type { Result } from './trial.ts';

const page = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));

/** Puts the figures of a full run into docs/reliability.md. */
export function writePage(results: readonly Result[], jobs: number): void {
  const figures = [...summaryOf(results, jobs), '', ...tableOf(results), '', ...clocksOf(results)];
  putFigures(page, 'npm run chaos', figures.join('\n'));
}

function summaryOf(results: readonly Result[], jobs: number) {
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const target = (row: Row['target']) =>
    secondsOf(recoveries(results.filter((one) => one.trial.row.target === row)).at(-1));
  const restarts = results
    .flatMap((one) => one.findings)
    .filter((one) => one.check === 'starts' && one.kind === 'twice');
  return [
    `${seenOn()}; ${jobs} trials at a time, those with a time that is wanted one by one; ${Math.round(seconds / 60)} minutes of trials.`,
    '',
    '| | wanted | seen |',
    '| --- | --- | --- |',
    `| trials | at least 200 | ${results.length} |`,
    `| trials with work lost | 0 | ${count(results, 'lost')} |`,
    `| trials with something done twice | 0 | ${count(results, 'twice')} |`,
    `| trials with something left over | 0 | ${count(results, 'left')} |`,
    `| agents started again without need | 0 | ${restarts.length} |`,
    `| back to following an agent after SIGKILL of its worker, worst | 10 s | ${target('kill')} |`,
    `| back to following an agent after SIGTERM of its worker, worst | 2 s | ${target('term')} |`,
  ];
}

function tableOf(results: readonly Result[]): string[] {
  const lines = [
    '| fault | trials | recovered without a person | work lost | twice | left over | median | worst |',
    '| --- | --: | --: | --: | --: | --: | --: | --: |',
  ];
  for (const row of rows) {
    const own = results.filter((one) => one.trial.row.id === row.id);
    if (own.length === 0) continue;
    const times = recoveries(own);
    const well = own.filter((one) => one.findings.length === 0).length;
    const alone = row.person ? `${well} after a person ${row.person}` : `${well}`;
    const figures = [own.length, alone, ...(['lost', 'twice', 'left'] as const).map((kind) => count(own, kind))];
    const middle = times[Math.floor((times.length - 1) / 2)];
    lines.push(`| ${row.fault} | ${[...figures, secondsOf(middle), secondsOf(times.at(-1))].join(' | ')} |`);
  }
  return lines;
}

/** What each time to recover is counted from and to, where it is not simply from the fault. */
function clocksOf(results: readonly Result[]): string[] {
  const clocks = new Map<string, string[]>();
  for (const { id, fault, clock } of rows) {
    if (clock === 'none' || recoveries(results.filter((one) => one.trial.row.id === id)).length === 0) continue;
    clocks.set(clock, [...(clocks.get(clock) ?? []), fault]);
  }
  return ['Time to recover:', '', ...[...clocks].map(([clock, faults]) => `- ${faults.join('; ')}: ${clock}.`)];
}

function recoveries(results: readonly Result[]): number[] {
  return results.flatMap(({ recoveryMs }) => recoveryMs ?? []).sort((a, b) => a - b);
}

function count(results: readonly Result[], kind: Kind): number {
  return results.filter(({ findings }) => findings.some((finding) => finding.kind === kind)).length;
}

function secondsOf(ms: number | undefined): string {
  return ms === undefined ? '' : `${(ms / 1000).toFixed(1)} s`;
}
