import { allBeating } from './border.ts';
import type { SharedActivities } from './contract.ts';
import type { Dependencies } from './deps.ts';

export function createSharedActivities(
  deps: Pick<Dependencies, 'hostId' | 'reservePermit' | 'returnPermit'>,
): SharedActivities {
  return allBeating<SharedActivities>({
    async claimHost() {
      return { hostId: deps.hostId };
    },
    async acquirePermit(request) {
      return deps.reservePermit(request);
    },
    async releasePermit(request) {
      await deps.returnPermit(request);
    },
  });
}
