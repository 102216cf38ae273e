import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { searchAttributes } from '../../src/domain/search-attributes.ts';
import { registerSearchAttributes } from '../../src/server/search-attributes.ts';
import { connect } from '../support/temporal.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await connect();
});
afterAll(() => env?.teardown());

test('the search attributes are on the server, and registering them again changes nothing', async () => {
  await registerSearchAttributes(env.connection, 'default');
  const { customAttributes } = await env.connection.operatorService.listSearchAttributes({ namespace: 'default' });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(searchAttributes)));
});

test('a namespace without them takes them as soon as they are registered', async () => {
  const namespace = `n-${process.pid}`;
  const retention = msToTs('1 day');
  await env.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
  await registerSearchAttributes(env.connection, namespace);
  const query = "LocusRepo = 'o/r' AND LocusIssues = '4' AND LocusCycle > 0";
  const { count } = await env.connection.workflowService.countWorkflowExecutions({ namespace, query });
  expect(Number(count)).toBe(0);
});

test('credentials that may not add them get the command for an operator', async () => {
  const refuse = jest.fn(async () => {
    throw Object.assign(new Error('7 PERMISSION_DENIED: no'), { code: 7 });
  });
  const operatorService = { listSearchAttributes: async () => ({ customAttributes: {} }), addSearchAttributes: refuse };
  const connection = { operatorService, workflowService: {} } as never;
  await expect(registerSearchAttributes(connection, 'team')).rejects.toMatchObject({
    type: 'ServerUnavailable',
    details: {
      remedy: expect.stringMatching(/search-attribute create --namespace team .*--name LocusCycle --type Int/),
    },
  });
});
