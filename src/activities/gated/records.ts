import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AuditRecord } from '../../domain/gated/guardrail-log.ts';

/** The folder of a gated run's artifacts on this host. `id` is one of ours, `run-…`. */
export function artifactsDir(stateDir: string, id: string): string {
  if (!/^[a-z0-9-]+$/.test(id)) throw new Error(`${JSON.stringify(id)} is no id of a gated run`);
  return path.join(stateDir, 'runs', id);
}

/** Adds lines to the run's `audit.jsonl`. */
export async function noteAudit(stateDir: string, id: string, records: readonly AuditRecord[]): Promise<void> {
  const folder = await folderOf(stateDir, id);
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  await appendFile(path.join(folder, 'audit.jsonl'), lines, { mode: 0o600 });
}

/** Keeps what a role has said, such as `review-2.md`; the same again replaces it. */
export async function keepArtifact(stateDir: string, id: string, name: string, text: string): Promise<string> {
  const file = path.join(await folderOf(stateDir, id), name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

async function folderOf(stateDir: string, id: string): Promise<string> {
  const folder = artifactsDir(stateDir, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
