import { z } from 'zod';

/** What the values of the config may be, each with words for what is none. */
export const text = z.string('must be a text').trim().min(1, 'must be a text that is not empty');
export const flag = z.boolean('must be true or false');
export const positive = z.number('must be a number above 0').positive('must be a number above 0');
export const price = z.number('must be a number of at least 0').min(0, 'must be a number of at least 0');
export const count = z.int('must be a whole number of at least 1').min(1, 'must be a whole number of at least 1');
export const argv = z.array(text, 'must be a list of texts, a program and its arguments').min(1, 'must name a program');
export const branch = text.regex(
  /^(?!-)(?!.*(?:\.\.|@\{|\/\/|\/\.))[^\s~^:?*[\\\p{Cc}]+(?<![/.]|\.lock)$/u,
  'must be the name of a branch',
);
export const variableName = text.regex(/^[A-Za-z_][A-Za-z0-9_]*\*?$/, 'must be the name of an environment variable');
export const pathInside = text.refine(isInside, 'must be a relative path inside the repository');
export const githubName = text.regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]+$/, 'must be a name as in github.com/<owner>/<repo>');

export const choice = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, `must be ${oneOf(values.map((value) => `"${value}"`))}`);

/** Without `Intl`, whose first use costs each command 18 ms. */
function oneOf(values: readonly string[]): string {
  const comma = values.length > 2 ? ',' : '';
  return `${values.slice(0, -1).join(', ')}${comma} or ${values.at(-1)}`;
}

export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.looseObject(shape, 'must be an object').prefault({} as z.input<z.ZodObject<Shape>>);

export const provider = choice('claude', 'codex', 'command');

function isInside(path: string): boolean {
  return !/^(?:[/\\~]|[A-Za-z]:)/.test(path) && !path.includes('\0') && !path.split(/[/\\]/).includes('..');
}
