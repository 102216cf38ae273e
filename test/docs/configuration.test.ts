import { describe, expect, test } from '@jest/globals';
import { Config } from '../../src/config/schema.ts';
import { codeIn, read, tableUnder } from './pages.ts';

const defaults = flattened(Config.parse({}));
const rows = tableUnder('docs/configuration.md', 'key | default').map(([key = '', value = '']) => [
  codeIn(key)[0] ?? key,
  codeIn(value)[0] ?? value,
]);

describe('docs/configuration.md', () => {
  test('names every key of the schema, in its order, and no other', () => {
    expect(rows.map(([key]) => key)).toEqual([...defaults.keys()]);
  });

  test.each(rows)('says what %s is where nobody sets it', (key = '', value) => {
    expect(value).toBe(JSON.stringify(defaults.get(key)));
  });

  test('names the keys that are accepted and have no effect', () => {
    const known = new Set([...defaults.keys()].map((key) => key.split('.')[0]));
    const reserved = Object.keys(Config.shape).filter((key) => !known.has(key));
    const line = read('docs/configuration.md')
      .split('\n')
      .find((each) => each.startsWith('Kept for later'));
    expect(codeIn(line ?? '')).toEqual(reserved);
  });

  test('shows an example that is valid', () => {
    const example = /```json\n([\s\S]*?)```/.exec(read('docs/configuration.md'))?.[1] ?? '';
    expect(Config.safeParse(JSON.parse(example)).success).toBe(true);
  });
});

/** `agent.maxParallel` → 3. */
function flattened(config: object, path = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, value] of Object.entries(config)) {
    const isSection =
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
    if (!isSection) found.set(`${path}${name}`, value);
    else for (const [key, inner] of flattened(value, `${path}${name}.`)) found.set(key, inner);
  }
  return found;
}
