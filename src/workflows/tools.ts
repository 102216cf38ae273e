import { CancellationScope, condition } from '@temporalio/workflow';
import {
  anyHost,
  type HostTools,
  hostTools,
  isHostLost,
  lastHeartbeatOf,
  type TrackerTools,
  trackerTools,
} from './activities.ts';
import type { Run } from './run.ts';
import { endsBefore } from './settled.ts';

/** A task's host was lost, and another one is to go on: what was only there is gone. */
export class HostMoved extends Error {
  /** What the step that it was lost with has told last of itself. */
  readonly lastHeartbeat: unknown;

  constructor(message: string, lastHeartbeat: unknown = null) {
    super(message);
    this.lastHeartbeat = lastHeartbeat;
  }
}

/** What a run works with: the tracker, and the host that holds its workspace. */
export class Tools {
  readonly tracker: TrackerTools;
  /** It holds a slot that it has claimed itself: who goes on at that host instead takes one of their own. */
  hasClaimed = false;
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
    this.tracker = trackerTools(run.context);
  }

  /**
   * Does a step on the run's host; claims a host first where there is none. When the host is lost another one is
   * claimed: where that is the same one, back again, the step is done again; otherwise, and where the step is not wanted
   * any more, throws HostMoved.
   */
  async onHost<T>(
    step: (tools: HostTools) => Promise<T>,
    isUnwanted: () => boolean = () => this.run.interrupted,
  ): Promise<T> {
    for (;;) {
      const hostId = await this.claim();
      try {
        return await step(hostTools(this.run.context, hostId));
      } catch (error) {
        if (!isHostLost(error)) throw error;
        this.run.change({ hostId: null });
        if (!(await this.isBack(hostId, isUnwanted)))
          throw new HostMoved(`the host ${hostId} was lost`, lastHeartbeatOf(error));
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
    this.hasClaimed = false;
    // A host that is lost, or finds out by itself that the run has ended, need not be told.
    await this.whereItIs(({ host }) => host.leaveWorkspace({ workflowId: this.run.workflowId })).catch(() => {});
  }

  /** Whether the host that was lost takes the run again. A halt or stop does not wait to be told. */
  private async isBack(hostId: string, isUnwanted: () => boolean): Promise<boolean> {
    const scope = new CancellationScope();
    const claiming = scope.run(() => this.claim());
    if (await endsBefore(claiming, isUnwanted)) return (await claiming) === hostId;
    scope.cancel();
    return false;
  }

  /** The run's host. */
  private async claim(): Promise<string> {
    const { hostId } = this.run.state;
    return hostId ?? this.claimed();
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
      this.hasClaimed = true;
      return hostId;
    } finally {
      isClaimed = true;
      if (this.run.state.waiting) this.run.change({ waiting: null });
    }
  }
}
