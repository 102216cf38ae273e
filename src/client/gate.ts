import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import { accountGateId } from '../domain/run-id.ts';
import type { Provider } from '../domain/settings.ts';
import { acquire, giveBack, sharedQueue } from '../workflows/messages.ts';

/** Asks the gate of a provider's account for an agent start; starts the gate where it does not run. */
export async function reservePermit(
  client: Client,
  request: { readonly provider: Provider; readonly attemptId: string; readonly limit: number },
): Promise<{ at: number }> {
  const { provider, attemptId, limit } = request;
  const startWorkflowOperation = new WithStartWorkflowOperation('accountGate', {
    workflowId: accountGateId(provider),
    taskQueue: sharedQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `agent starts of ${provider}`,
    args: [],
  });
  return client.workflow.executeUpdateWithStart(acquire, {
    args: [{ attemptId, limit }],
    updateId: attemptId,
    startWorkflowOperation,
  });
}

export async function returnPermit(
  client: Client,
  request: { readonly provider: Provider; readonly attemptId: string },
): Promise<void> {
  const gate = client.workflow.getHandle(accountGateId(request.provider));
  try {
    await gate.signal(giveBack, { attemptId: request.attemptId });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
