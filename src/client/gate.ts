import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import type { LimitReport, PermitAnswer, PermitRequest } from '../domain/permits.ts';
import { accountGateId } from '../domain/run-id.ts';
import type { Provider } from '../domain/settings.ts';
import { acquire, giveBack, type Lifted, lift, limitMet, sharedQueue } from '../workflows/messages.ts';

/** Asks the gate of a provider's account for an agent start; starts the gate where it does not run. */
export async function reservePermit(
  client: Client,
  { provider, ...request }: PermitRequest & { readonly provider: Provider },
): Promise<PermitAnswer> {
  return client.workflow.executeUpdateWithStart(acquire, {
    args: [request],
    startWorkflowOperation: gateOf(provider),
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

/** Tells the gate that the provider refuses work; answers until when no agent starts, in epoch milliseconds. */
export async function reportLimit(
  client: Client,
  { provider, ...report }: LimitReport & { readonly provider: Provider },
): Promise<{ readonly until: number }> {
  return client.workflow.executeUpdateWithStart(limitMet, {
    args: [report],
    updateId: `limit-${report.attemptId}`,
    startWorkflowOperation: gateOf(provider),
  });
}

/** Lifts a provider's usage limit, where there is one, and wakes every run that waits for that account. */
export async function liftLimit(client: Client, provider: Provider): Promise<Lifted> {
  try {
    return await client.workflow.getHandle(accountGateId(provider)).executeUpdate(lift);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { limited: false, runs: 0 };
    throw error;
  }
}

function gateOf(provider: Provider) {
  return new WithStartWorkflowOperation('accountGate', {
    workflowId: accountGateId(provider),
    taskQueue: sharedQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `agent starts of ${provider}`,
    args: [],
  });
}
