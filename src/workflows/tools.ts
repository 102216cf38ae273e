import { condition } from '@temporalio/workflow';
import { anyHost, type HostTools, hostTools, isHostLost, type TrackerTools, trackerTools } from './activities.ts';
import type { Run } from './run.ts';

/** A task's host was lost and another one goes on: what was only there is gone. */
export class HostMoved extends Error {}

/** What a run works with: the tracker, and the host that holds its workspace. */
export class Tools {
  readonly tracker: TrackerTools;
  private readonly run: Run;
  private claiming: Promise<string> | null = null;

  constructor(run: Run) {
    this.run = run;
    this.tracker = trackerTools(run.context);
  }

  /**
   * Does a step on the run's host; claims a host first where there is none. When the host is lost another one is
   * claimed: where that is the same one, back again, the step is done again; otherwise throws HostMoved.
   */
  async onHost<T>(step: (tools: HostTools) => Promise<T>): Promise<T> {
    for (;;) {
      const hostId = await this.claim();
      try {
        return await step(hostTools(this.run.context, hostId));
      } catch (error) {
        if (!isHostLost(error)) throw error;
        if (this.run.state.hostId === hostId) this.run.change({ hostId: null });
        if ((await this.claim()) !== hostId) throw new HostMoved(`the host ${hostId} was lost`);
      }
    }
  }

  /** Does a step where the run's workspace is; nowhere else, and not at all where there is none. */
  async whereItIs(step: (tools: HostTools) => Promise<unknown>): Promise<void> {
    const { hostId } = this.run.state;
    if (hostId !== null) await step(hostTools(this.run.context, hostId));
  }

  /** Frees the slot that the run holds at its host. */
  async leaveHost(): Promise<void> {
    if (this.run.context.source.kind === 'checkout') return;
    // A host that is lost, or finds out by itself that the run has ended, need not be told.
    await this.whereItIs(({ host }) => host.leaveWorkspace({ workflowId: this.run.workflowId })).catch(() => {});
  }

  /** The run's host. Two steps that lose their host at once claim one together. */
  private async claim(): Promise<string> {
    const { state } = this.run;
    if (state.hostId !== null) return state.hostId;
    this.claiming ??= this.claimed().finally(() => {
      this.claiming = null;
    });
    return this.claiming;
  }

  private async claimed(): Promise<string> {
    const { source } = this.run.context;
    if (source.kind === 'checkout') {
      this.run.change({ hostId: source.hostId });
      return source.hostId;
    }
    let isClaimed = false;
    const show = () => this.run.change({ waiting: { reason: 'a host with a free slot', until: null } });
    condition(() => isClaimed, '2 seconds').then(
      (claimed) => claimed || show(),
      () => {},
    );
    try {
      const request = { workflowId: this.run.workflowId };
      const { hostId } = await anyHost.claimWorkspace.executeWithOptions({ summary: 'claim a host' }, [request]);
      this.run.change({ hostId });
      return hostId;
    } finally {
      isClaimed = true;
      if (this.run.state.waiting) this.run.change({ waiting: null });
    }
  }
}
