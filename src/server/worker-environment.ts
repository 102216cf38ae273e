/**
 * What a worker is started with. glibc keeps memory for each thread apart and gives little of it back: with two such
 * arenas a worker with fifty agents holds a fifth less.
 */
export function workerEnvironment(stateDir: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { MALLOC_ARENA_MAX: '2', ...process.env, LOCUS_STATE_DIR: stateDir, ...more };
}
