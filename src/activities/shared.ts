import { allBeating } from './border.ts';
import type { SharedActivities } from './contract.ts';
import type { Dependencies } from './deps.ts';

export function createSharedActivities({
  hostId,
  gate,
  slots,
}: Pick<Dependencies, 'hostId' | 'gate' | 'slots'>): SharedActivities {
  return allBeating<SharedActivities>({
    async claimWorkspace({ workflowId }) {
      await slots.take(workflowId);
      return { hostId };
    },
    acquirePermit: (request) => gate.reserve(request),
    releasePermit: (request) => gate.giveBack(request),
    reportLimit: (request) => gate.reportLimit(request),
  });
}
