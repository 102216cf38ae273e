import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const longest = 250;

/** What commands may reach: everything but the worker's side. They look at agents and sandboxes, and start neither. */
const commandLayers = ['client', 'config', 'server', 'ui', 'domain', 'trackers', 'git', 'agents', 'sandboxes', 'disk'];

/** Folder of `src` → the folders it may import from, beside itself. docs/architecture.md says why. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  commands: [...commandLayers, 'demo'],
  demo: commandLayers,
  client: ['domain', 'server', 'workflows'],
  workflows: ['domain', 'activities'],
  activities: ['trackers', 'agents', 'git', 'sandboxes', 'config', 'launch', 'disk', 'domain'],
  agents: ['sandboxes', 'launch', 'disk', 'domain'],
  trackers: ['domain'],
  git: ['launch', 'disk', 'domain'],
  launch: [],
  disk: [],
  sandboxes: ['disk', 'domain'],
  server: ['disk', 'domain'],
  config: ['domain'],
  ui: ['domain'],
  domain: [],
};

/** Of another layer, only types. */
const typesOnly: Readonly<Record<string, readonly string[]>> = { workflows: ['activities'], client: ['server'] };

/** These wire everything: what they import is not limited. */
const wiring = ['cli.ts', 'worker.ts'];
const mayExit = ['cli.ts', 'worker.ts', 'server/keeper-main.ts', 'launch/launcher-main.ts'];
const temporalLayers = ['client', 'workflows', 'activities', 'server'];
/** A workflow is replayed: nothing in it may look at the machine. */
const workflowPackages = ['@temporalio/workflow', '@temporalio/common'];

interface Import {
  /** Relative to `src`. */
  readonly file: string;
  readonly layer: string;
  /** As it is written: a path, a package, a module of Node. */
  readonly from: string;
  /** Layer of the imported file; null for a package. */
  readonly target: string | null;
  /** The imported file, relative to `src`; null for a package. */
  readonly targetFile: string | null;
  readonly isType: boolean;
}

const sources = filesUnder('src').filter((file) => file.endsWith('.ts'));
const imports = sources.flatMap((file) => importsOf(file, readFileSync(path.join(root, 'src', file), 'utf8')));

describe('the layers of src', () => {
  test('each imports only from the layers below it', () => {
    const wrong = imports.filter(
      ({ file, layer, target }) =>
        target !== null && target !== layer && !wiring.includes(file) && !(mayImport[layer] ?? []).includes(target),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test('a new folder has to be given its place', () => {
    const layers = new Set(sources.filter((file) => file.includes('/')).map(layerOf));
    expect([...layers].sort()).toEqual(Object.keys(mayImport).sort());
  });

  test('workflows take nothing but types from activities, and clients nothing but types from the server', () => {
    const wrong = imports.filter(
      ({ layer, target, isType }) => target !== null && (typesOnly[layer] ?? []).includes(target) && !isType,
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test('clients know of the workflows only what messages.ts says', () => {
    const wrong = imports.filter(
      ({ layer, target, targetFile }) =>
        layer === 'client' && target === 'workflows' && targetFile !== 'workflows/messages.ts',
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test('only the layers around Temporal import its packages', () => {
    const wrong = imports.filter(
      ({ file, layer, from }) =>
        from.startsWith('@temporalio/') && file !== 'worker.ts' && !temporalLayers.includes(layer),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test('the domain imports nothing, and workflows nothing that is not replayed', () => {
    const outside = imports.filter(({ target }) => target === null);
    const wrong = outside.filter(
      ({ layer, from }) => layer === 'domain' || (layer === 'workflows' && !workflowPackages.includes(from)),
    );
    expect(wrong.map(shown)).toEqual([]);
  });
});

describe('the sources', () => {
  test('nothing but the entries of processes ends a process', () => {
    const wrong = sources.filter(
      (file) => !mayExit.includes(file) && /\bprocess\.exit\(/.test(readFileSync(path.join(root, 'src', file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  test.each(['src', 'test'])(`no file of %s is longer than ${longest} lines`, (folder) => {
    const tooLong = filesUnder(folder)
      .filter((file) => /\.(ts|mjs|js|sh)$/.test(file))
      .map(
        (file) =>
          [
            file,
            readFileSync(path.join(root, folder, file), 'utf8')
              .trimEnd()
              .split('\n').length,
          ] as const,
      )
      .filter(([, lines]) => lines > longest);
    expect(tooLong).toEqual([]);
  });
});

describe('the reader of imports', () => {
  test('sees every kind of import, over several lines and in types', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from '../git/b.ts';",
      "import {\n  type C,\n  d,\n} from '../git/c.ts';",
      "import { type E, type F } from '../git/e.ts';",
      "import 'side-effect';",
      "export { g } from '../ui/g.ts';",
      "const h = await import('../ui/h.ts');",
    ].join('\n');
    const found = importsOf('agents/x.ts', text).map(({ target, from, isType }) => [target, from, isType]);
    expect(found).toEqual([
      ['agents', './a.ts', false],
      ['git', '../git/b.ts', true],
      ['git', '../git/c.ts', false],
      ['git', '../git/e.ts', true],
      [null, 'side-effect', false],
      ['ui', '../ui/g.ts', false],
      ['ui', '../ui/h.ts', false],
    ]);
  });
});

function importsOf(file: string, text: string): Import[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(?:(type\s+)?([^'";]*?)\s*from\s*)?'([^']+)';|\bimport\('([^']+)'\)/gm,
  );
  return [...statements].map(([, type, names = '', still, lazy]) => {
    const from = still ?? lazy ?? '';
    const targetFile = from.startsWith('.') ? path.join(path.dirname(file), from) : null;
    const isType = type !== undefined || /^\{(?:\s*type\s+\w+(?:\s+as\s+\w+)?\s*,?)+\s*\}$/.test(names);
    return { file, layer: layerOf(file), from, targetFile, target: targetFile && layerOf(targetFile), isType };
  });
}

/** `src/git/run.ts` → `git`; a file directly in `src` is a layer by itself. */
function layerOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function shown({ file, from }: Import): string {
  return `${file} imports ${from}`;
}

function filesUnder(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(path.join(root, folder), path.join(entry.parentPath, entry.name)))
    .sort();
}
