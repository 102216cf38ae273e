import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** A careless change, for the replays to find: no workflow pushes before it goes on. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: async (input, next) => (input.activityType === 'pushBranch' ? undefined : next(input)),
    },
  ],
});
