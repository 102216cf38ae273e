export interface SyntaxProblem {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly problem: string;
}

/** Where JSON.parse stopped. V8 gives the position in most of its messages only, and Node 20 without the line. */
export function syntaxProblem(text: string, error: unknown): SyntaxProblem {
  const message = String(error).replace(/^SyntaxError: /, '');
  const given = /\bat position (\d+)/.exec(message)?.[1];
  const position = given === undefined ? firstBadCharacter(text) : Number(given);
  const before = text.slice(0, position).split('\n');
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    problem: message.replace(/ in JSON at position.*$|, (?:\.\.\.)?".*$/s, ''),
  };
}

/** A prefix that ends before the bad character is only unfinished; one that contains it is wrong. */
function firstBadCharacter(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isWrong(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return bad - 1;
}

function isWrong(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return String(error).startsWith('SyntaxError: Unexpected token');
  }
}
