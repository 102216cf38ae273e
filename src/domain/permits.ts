const hour = 3_600_000;

/** Agent starts of one provider account, past and reserved, oldest first. */
export interface Permit {
  readonly attemptId: string;
  /** Epoch milliseconds at which the agent may start. */
  readonly at: number;
}

/**
 * Reserves the earliest start at which no window of one hour holds more than `limit` starts. Asking again for the same
 * attempt gives the same answer, so a repeated call costs nothing.
 */
export function reserve(
  permits: readonly Permit[],
  request: { readonly attemptId: string; readonly limit: number; readonly now: number },
): { readonly permits: readonly Permit[]; readonly at: number } {
  const recent = permits.filter((permit) => isRemembered(permit, request.now));
  const known = recent.find((permit) => permit.attemptId === request.attemptId);
  if (known) return { permits: recent, at: known.at };
  const blocking = recent.at(-request.limit);
  const at = recent.length < request.limit || !blocking ? request.now : Math.max(request.now, blocking.at + hour);
  const inOrder = [...recent, { attemptId: request.attemptId, at }].sort((a, b) => a.at - b.at);
  return { permits: inOrder, at };
}

/** Whether it still counts: in the last hour, or to come. */
export function isRemembered(permit: Permit, now: number): boolean {
  return permit.at > now - hour;
}

/** Gives a reservation back that was not used. */
export function release(permits: readonly Permit[], attemptId: string, now: number): readonly Permit[] {
  return permits.filter((permit) => permit.attemptId !== attemptId || permit.at <= now);
}
