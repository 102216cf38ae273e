import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { codeIn, pages, read, root, tableUnder } from './pages.ts';

const cli = read('src/cli.ts') + read('src/commands/declared.ts');
const declared = [...cli.matchAll(/\.command\(\s*'([\w-]+)'/g)].map(([, name = '']) => name);
const top = new Set([...declared, ...[...cli.matchAll(/new Command\('(\w+)'\)/g)].map(([, name = '']) => name)]);
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts);

describe.each(pages)('%s', (page) => {
  test('links to pages that are there', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    const missing = links.filter((link) => !existsSync(path.join(root, path.dirname(page), link)));
    expect(missing).toEqual([]);
  });

  test('names only commands that exist', () => {
    const named = shellIn(page).flatMap((code) => [...code.matchAll(/(?:^|[;&|] ?)locus ([a-z][\w-]*)/g)]);
    const unknown = named.map(([, command = '']) => command).filter((command) => !top.has(command));
    expect(unknown).toEqual([]);
  });

  test('names only scripts that exist', () => {
    const named = shellIn(page).flatMap((code) => [...code.matchAll(/\bnpm run ([\w:-]+)/g)]);
    const unknown = named.map(([, script = '']) => script).filter((script) => !scripts.includes(script));
    expect(unknown).toEqual([]);
  });

  test('names no machine of ours', () => {
    expect(read(page)).not.toMatch(/\/(?:work|root|home)\/|\/tmp\/(?!locus-demo)/);
  });
});

describe('docs/runs.md', () => {
  test('names every flag of `locus run`, and no other', () => {
    const declaration = /\.command\('run'\)([\s\S]*?)\.action\(/.exec(cli)?.[1] ?? '';
    const flags = [...declaration.matchAll(/\.option\('(?:-\w, )?(--[\w-]+)/g)].map(([, flag]) => flag);
    const documented = tableUnder('docs/runs.md', 'flag | meaning').map(([cell = '']) =>
      codeIn(cell)
        .map((code) => code.split(/[ =]/)[0])
        .find((flag) => flag?.startsWith('--')),
    );
    expect(documented.filter((flag) => flag !== '--debug').sort()).toEqual(flags.sort());
  });
});

/** What stands in code marks, and the lines of shell examples. */
function shellIn(page: string): string[] {
  const text = read(page);
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split('\n'));
  return [...codeIn(text.replace(/```[\s\S]*?```/g, '')), ...blocks.map((line) => line.trim())];
}
