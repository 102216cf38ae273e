import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** A history as Temporal's JSON has it, with the id of its workflow. */
export interface RecordedHistory {
  readonly workflowId: string;
  readonly history: { readonly events: readonly RecordedEvent[] };
}

export interface RecordedEvent {
  readonly eventType: string;
  readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { readonly name: string } };
}

/** The versions that histories were recorded with, one folder each. */
export function recordedVersions(): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

export function readHistories(version: string): RecordedHistory[] {
  const files = readdirSync(path.join(folder, version)).sort();
  return files.flatMap((file) => JSON.parse(gunzipSync(readFileSync(path.join(folder, version, file))).toString()));
}

/** Replaces what was recorded with this version. */
export function writeHistories(version: string, scenes: ReadonlyMap<string, readonly RecordedHistory[]>): void {
  const target = path.join(folder, version);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  for (const [name, histories] of scenes) {
    const file = `${name.replace(/\W+/g, '-')}.json.gz`;
    writeFileSync(path.join(target, file), gzipSync(JSON.stringify(histories), { level: 9 }));
  }
}

/** A history's JSON without what tells of the machine it was recorded on. */
export function scrubbed(json: string): RecordedHistory['history'] {
  return JSON.parse(json, (key, value) => {
    if (key === 'identity') return 'recorded';
    if (key === 'stackTrace') return '';
    // The worker's own queue, named after its process and host.
    if (key === 'taskQueue' && value?.kind === 'TASK_QUEUE_KIND_STICKY') return { ...value, name: 'sticky' };
    return value;
  });
}

/** Everything readable in a history: its JSON and its payloads. */
export function textOf(history: RecordedHistory): string {
  const json = JSON.stringify(history);
  const payloads = [...json.matchAll(/"data":"([\w+/=]+)"/g)].map(([, data = '']) => Buffer.from(data, 'base64'));
  return [json, ...payloads.map((payload) => payload.toString())].join('\n');
}
