import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Entry, type EntryChange, type EntryKind, emptyDocument, formatChanged, readEntry } from './entry.ts';
import { asFailures, codeOf, createText, readText, replaceText } from './files.ts';
import { withLock } from './lock.ts';

/** The files of one local tracker. Writes belong inside `exclusively`. */
export interface Store {
  readonly folder: string;
  /** By number. */
  list(kind: EntryKind): Promise<Entry[]>;
  read(kind: EntryKind, number: number): Promise<Entry | null>;
  create(kind: EntryKind, content: EntryChange): Promise<Entry>;
  change(entry: Entry, change: EntryChange): Promise<Entry>;
  /** Runs `work` while no other process writes to this tracker. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

const folders = { issue: 'issues', pull: 'pulls' } as const satisfies Record<EntryKind, string>;
const fileName = /^([1-9]\d{0,14})\.md$/;

export function createStore(commonDir: string): Store {
  const folder = path.join(commonDir, 'locus');
  const fileOf = (kind: EntryKind, number: number) => path.join(folder, folders[kind], `${number}.md`);

  async function numbers(kind: EntryKind): Promise<number[]> {
    const names = await readdir(path.join(folder, folders[kind])).catch((error) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    const found = names.flatMap((name) => fileName.exec(name)?.[1] ?? []).map(Number);
    return found.sort((a, b) => a - b);
  }

  async function read(kind: EntryKind, number: number): Promise<Entry | null> {
    if (!Number.isSafeInteger(number) || number < 1) return null;
    const file = fileOf(kind, number);
    const text = await readText(file);
    return text === null ? null : readEntry(kind, number, file, text);
  }

  async function list(kind: EntryKind): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const number of await numbers(kind)) {
      const entry = await read(kind, number);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  /** Issues and pull requests share one sequence of numbers, as on GitHub. */
  async function create(kind: EntryKind, content: EntryChange): Promise<Entry> {
    const text = formatChanged(emptyDocument(), content);
    let number = Math.max(0, ...(await numbers('issue')), ...(await numbers('pull'))) + 1;
    // A person may have made the file a moment ago.
    while (!(await createText(fileOf(kind, number), text))) number += 1;
    return readEntry(kind, number, fileOf(kind, number), text);
  }

  async function change(entry: Entry, change: EntryChange): Promise<Entry> {
    const text = formatChanged(entry.document, change);
    await replaceText(entry.file, text);
    return readEntry(entry.kind, entry.number, entry.file, text);
  }

  return {
    folder,
    list: (kind) => asFailures(folder, () => list(kind)),
    read: (kind, number) => asFailures(folder, () => read(kind, number)),
    create: (kind, content) => asFailures(folder, () => create(kind, content)),
    change: (entry, wanted) => asFailures(folder, () => change(entry, wanted)),
    exclusively: (work) => asFailures(folder, () => withLock(path.join(folder, 'lock'), work)),
  };
}
