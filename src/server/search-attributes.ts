import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { LocusFailure } from '../domain/failures.ts';
import { type SearchAttributeName, searchAttributes } from '../domain/search-attributes.ts';

/** Numbers of temporal.api.enums.v1.IndexedValueType. */
const indexedValueType = { Keyword: 2, Int: 3, KeywordList: 7 } as const;
/** gRPC status codes. */
const alreadyExists = 6;
const permissionDenied = 7;
const unimplemented = 12;
/** A server reads its namespaces again every few seconds; only then does it take what was added. */
const settleMs = 20_000;

type Services = Pick<Connection, 'operatorService' | 'workflowService'>;

/** Adds the search attributes that `namespace` lacks, and returns when the server takes them. Doing it twice is harmless. */
export async function registerSearchAttributes(connection: Services, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  const types = Object.fromEntries(missing.map((name) => [name, indexedValueType[searchAttributes[name]]]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: types });
  } catch (error) {
    if (codeOf(error) !== alreadyExists) throw refused(error, namespace, missing);
  }
  await waitUntilTaken(connection, namespace);
}

async function missingSearchAttributes(connection: Services, namespace: string): Promise<SearchAttributeName[]> {
  const wanted = Object.keys(searchAttributes) as SearchAttributeName[];
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return wanted.filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
  } catch (error) {
    throw refused(error, namespace, wanted);
  }
}

async function waitUntilTaken(connection: Services, namespace: string): Promise<void> {
  const query = Object.entries(searchAttributes)
    .map(([name, type]) => `${name} = ${type === 'Int' ? '0' : "'none'"}`)
    .join(' OR ');
  const deadline = Date.now() + settleMs;
  for (;;) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw refused(error, namespace, []);
      await sleep(200);
    }
  }
}

function refused(error: unknown, namespace: string, names: readonly SearchAttributeName[]): LocusFailure {
  const flags = names.map((name) => `--name ${name} --type ${searchAttributes[name]}`).join(' ');
  const command = `temporal operator search-attribute create --namespace ${namespace} ${flags}`;
  const mayNot = codeOf(error) === permissionDenied || codeOf(error) === unimplemented;
  const reason = error instanceof Error ? error.message : String(error);
  return new LocusFailure(
    'ServerUnavailable',
    mayNot
      ? `the search attributes of Locus are missing in namespace ${namespace}, and these credentials may not add them`
      : `the search attributes of Locus could not be added to namespace ${namespace}: ${reason}`,
    { remedy: names.length > 0 && mayNot ? `have an operator run: ${command}` : 'see `locus doctor`' },
    error,
  );
}

function codeOf(error: unknown): number | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : null;
}
