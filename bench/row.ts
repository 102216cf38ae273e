/** A line of the table. */
export interface Row {
  readonly what: string;
  readonly seen: string;
  /** What it is measured against, and what came of that. */
  readonly beside?: string;
  readonly wanted?: string;
  /** Whether it is as wanted; left out where nothing is. */
  readonly met?: boolean;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Paragraphs and tables below the rows. */
  readonly more?: readonly string[];
}

export function ms(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

export function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

/** A row that is judged by a ratio. */
export function ratioRow(what: string, figures: { ours: number; beside: string; ratio: number; atMost: number }): Row {
  const { ours, beside, ratio, atMost } = figures;
  return {
    what,
    seen: ms(ours),
    beside: `${times(ratio)} ${beside}`,
    wanted: `at most ${times(atMost)}`,
    met: ratio <= atMost,
  };
}

/** A row that is judged by its own figure. */
export function boundRow(what: string, seen: number, atMost: number, shown: (value: number) => string): Row {
  return { what, seen: shown(seen), wanted: `at most ${shown(atMost)}`, met: seen <= atMost };
}

/** A Markdown table. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n');
}

export function tableOf(rows: readonly Row[]): string {
  const verdict = ({ met }: Row) => (met === undefined ? '' : met ? 'yes' : '**no**');
  return table(
    ['', 'seen', 'beside', 'wanted', 'met'],
    rows.map((row) => [row.what, row.seen, row.beside ?? '', row.wanted ?? '', verdict(row)]),
  );
}
