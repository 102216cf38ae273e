import { type Client, WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { LimitReport, PermitAnswer, PermitRequest } from '../domain/permits.ts';
import { accountGateId } from '../domain/run-id.ts';
import type { Provider } from '../domain/settings.ts';
import { acquire, giveBack, type Lifted, lift, limitMet, sharedQueue } from '../workflows/messages.ts';

const answerMs = 25_000;

/** The gates of all accounts, as one worker speaks to them. */
export class Gates {
  private readonly client: Client;
  private readonly desks = new Map<Provider, Desk>();

  constructor(client: Client) {
    this.client = client;
  }

  /** Asks the gate of a provider's account for an agent start; starts the gate where it does not run. */
  reserve({ provider, ...request }: PermitRequest & { readonly provider: Provider }): Promise<PermitAnswer> {
    return this.deskOf(provider).reserve(request);
  }

  async giveBack(request: { readonly provider: Provider; readonly attemptId: string }): Promise<void> {
    const gate = this.client.workflow.getHandle(accountGateId(request.provider));
    try {
      await gate.signal(giveBack, { attemptId: request.attemptId });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  /** Tells the gate that the provider refuses work; answers until when no agent starts, in epoch milliseconds. */
  reportLimit({ provider, ...report }: LimitReport & { readonly provider: Provider }): Promise<{ until: number }> {
    return this.deskOf(provider).report(report);
  }

  private deskOf(provider: Provider): Desk {
    const desk = this.desks.get(provider) ?? new Desk(this.client, provider);
    this.desks.set(provider, desk);
    return desk;
  }
}

/**
 * One account's gate. One update at a time, with all that was asked for while the one before it was under way: a workflow
 * takes ten at once, and a server that refuses the eleventh may forget the task that the ten are in.
 */
class Desk {
  private readonly client: Client;
  private readonly provider: Provider;
  private asked: PermitRequest[] = [];
  private answers: Promise<readonly PermitAnswer[]> | null = null;
  private last: Promise<unknown> = Promise.resolve();

  constructor(client: Client, provider: Provider) {
    this.client = client;
    this.provider = provider;
  }

  async reserve(request: PermitRequest): Promise<PermitAnswer> {
    const place = this.asked.push(request) - 1;
    this.answers ??= this.inTurn(() => {
      const requests = this.asked;
      this.asked = [];
      this.answers = null;
      return this.update(acquire, requests);
    });
    const answer = (await this.answers)[place];
    if (!answer) throw new Error(`the gate of ${this.provider} has not answered to ${request.attemptId}`);
    return answer;
  }

  report(report: LimitReport): Promise<{ readonly until: number }> {
    return this.inTurn(() => this.update(limitMet, report, `limit-${report.attemptId}`));
  }

  private inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => this.client.withDeadline(Date.now() + answerMs, step));
    this.last = turn.catch(() => {});
    return turn;
  }

  private async update<R, A>(definition: UpdateDefinition<R, [A]>, arg: A, updateId?: string): Promise<R> {
    const options = { args: [arg] as [A], ...(updateId ? { updateId } : {}) };
    try {
      return await this.client.workflow.getHandle(accountGateId(this.provider)).executeUpdate(definition, options);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    const startWorkflowOperation = gateOf(this.provider);
    return this.client.workflow.executeUpdateWithStart(definition, { ...options, startWorkflowOperation });
  }
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
