import { keepArtifact, noteAudit } from '../gated/records.ts';
import type { RecordsRequest } from './contract.ts';

/** Adds records that are not there yet: one of us that was cut off may have written them. */
export async function keepRecords(stateDir: string, { id, records, artifact }: RecordsRequest): Promise<void> {
  // The workflow has said when it was, so that this tells them apart.
  await noteAudit(stateDir, id, records.map(({ timestamp }) => timestamp).join(' '), records);
  if (artifact !== null) await keepArtifact(stateDir, id, artifact.name, artifact.text);
}
