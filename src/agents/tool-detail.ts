import { oneLine } from '../domain/agent-report.ts';

/** What tools call the thing they work on, the most telling first. */
const telling = [
  'file_path',
  'notebook_path',
  'path',
  'command',
  'cmd',
  'pattern',
  'url',
  'query',
  'description',
  'prompt',
];
const detailLength = 160;

/** One bounded line on what a tool was asked to do, such as `src/a.ts` or `npm test`. */
export function toolDetail(input: Readonly<Record<string, unknown>>): string {
  for (const name of telling) {
    const value = input[name];
    if (typeof value === 'string' && value !== '') return oneLine(value, detailLength);
  }
  return '';
}
