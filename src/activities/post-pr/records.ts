import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { alone } from '../../git/lock.ts';
import { artifactsDir, keepArtifact, noteAudit } from '../gated/records.ts';
import type { RecordsRequest } from './contract.ts';

/** Adds records that are not there yet: one of us that was cut off may have written them. */
export async function keepRecords(stateDir: string, { id, records, artifact }: RecordsRequest): Promise<void> {
  const file = path.join(artifactsDir(stateDir, id), 'audit.jsonl');
  await alone(`records ${file}`, async () => {
    const known = new Set((await readFile(file, 'utf8').catch(() => '')).split('\n'));
    await noteAudit(
      stateDir,
      id,
      records.filter((record) => !known.has(JSON.stringify(record))),
    );
    if (artifact !== null) await keepArtifact(stateDir, id, artifact.name, artifact.text);
  });
}
