import path from 'node:path';

/** Whether `inner` is `outer` or lies in it. Both absolute. */
export function contains(outer: string, inner: string): boolean {
  const relative = path.relative(outer, inner);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`);
}

/** null instead of a rejection. */
export function orNull<T>(promise: Promise<T>): Promise<T | null> {
  return promise.catch(() => null);
}
