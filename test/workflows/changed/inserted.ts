import { sleep, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** A careless change, for the replays to find: every workflow begins with a step that it did not have. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      async execute(input, next) {
        await sleep(1);
        return next(input);
      },
    },
  ],
});
