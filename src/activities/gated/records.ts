import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GuardBlock } from '../../domain/gated/guard-answer.ts';
import { type AuditRecord, handoffRecord, recordId, recordIds } from '../../domain/gated/guardrail-log.ts';
import type { AgentRole } from '../../domain/gated/run-input.ts';
import { readVerdict } from '../../domain/gated/verdict.ts';
import { redact } from '../../domain/redact.ts';
import { alone } from '../../git/lock.ts';
import type { RunSecrets } from '../deps.ts';

/** The folder of a gated run's artifacts on this host. `id` is one of ours, `run-…`. */
export function artifactsDir(stateDir: string, id: string): string {
  if (!/^[a-z0-9-]+$/.test(id)) throw new Error(`${JSON.stringify(id)} is no id of a gated run`);
  return path.join(stateDir, 'runs', id);
}

/**
 * Adds records to the run's `audit.jsonl`, each once: what was cut off does it again. `of`: what they belong to, which is
 * the same then.
 */
export async function noteAudit(
  stateDir: string,
  id: string,
  of: string,
  records: readonly AuditRecord[],
): Promise<void> {
  await addLines(path.join(await folderOf(stateDir, id), 'audit.jsonl'), (text) => {
    const known = recordIds(text);
    const named = records.map((record, index) => ({ id: recordId(record, of, index), ...record }));
    return named.filter((record) => !known.has(record.id)).map((record) => JSON.stringify(record));
  });
}

/** Adds a line to the run's `guard.log`, unless it is there: what is tried again is refused again. */
export async function noteBlock(stateDir: string, id: string, block: GuardBlock): Promise<void> {
  const line = JSON.stringify(block);
  await addLines(path.join(await folderOf(stateDir, id), 'guard.log'), (text) =>
    text.split('\n').includes(line) ? [] : [line],
  );
}

/** Adds the lines that a file does not have yet. After one that was cut off they begin on a line of their own. */
async function addLines(file: string, missing: (text: string) => readonly string[]): Promise<void> {
  await alone(`records ${file}`, async () => {
    const text = await readFile(file, 'utf8').catch(() => '');
    const lines = missing(text);
    if (lines.length === 0) return;
    const begin = text === '' || text.endsWith('\n') ? '' : '\n';
    await appendFile(file, `${begin}${lines.join('\n')}\n`, { mode: 0o600 });
  });
}

/** Keeps what a role has said, such as `review-2.md`; the same again replaces it. */
export async function keepArtifact(stateDir: string, id: string, name: string, text: string): Promise<string> {
  const file = path.join(await folderOf(stateDir, id), name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

/** What was kept under that name; empty where this host has none of it. */
export async function readArtifact(stateDir: string, id: string, name: string): Promise<string> {
  return readFile(path.join(artifactsDir(stateDir, id), path.basename(name)), 'utf8').catch(() => '');
}

const names = {
  implementer: 'implementation',
  reviewer: 'review',
  auditor: 'audit',
  'red-team': 'red-team',
  triage: 'triage',
} as const;

/** What a role has said in an attempt, for people, and that it was handed on. Credentials are taken out. */
export async function keepAnswer(
  stateDir: string,
  { role, attemptId }: { readonly role: AgentRole; readonly attemptId: string },
  text: string,
  secrets: RunSecrets,
): Promise<void> {
  const clean = redact(text, secrets.token === null ? [] : [secrets.token]);
  const name = `${role.artifact ?? names[role.name]}-${role.cycle}.md`;
  await keepArtifact(stateDir, role.run, name, clean);
  if (role.unlogged) return;
  const artifact = {
    path: name,
    size_bytes: Buffer.byteLength(clean),
    checksum: createHash('sha256').update(clean).digest('hex'),
  };
  const stamp = { timestamp: new Date().toISOString(), run: role.run };
  await noteAudit(stateDir, role.run, attemptId, [handoffRecord(role.name, nextRole(role, text), [artifact], stamp)]);
}

/** Who reads the answer next, as far as it says that itself. */
function nextRole({ name, artifact }: AgentRole, text: string): string {
  // Beside the loop, people read it: in the pull request.
  if (artifact !== undefined) return 'person';
  if (name === 'implementer') return 'reviewer';
  if (name === 'reviewer') return readVerdict(text, 'review').kind === 'approved' ? 'auditor' : 'implementer';
  if (name === 'auditor') return readVerdict(text, 'audit').kind === 'approved' ? 'person' : 'implementer';
  return 'implementer';
}

async function folderOf(stateDir: string, id: string): Promise<string> {
  const folder = artifactsDir(stateDir, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
