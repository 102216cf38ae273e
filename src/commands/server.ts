import { findTemporalBinary, presentBinary } from '../server/binary.ts';

export interface ServerOptions {
  readonly cacheDir: string;
  /** Download or build the program where it is missing. */
  readonly fetch: boolean;
}

/** `locus server`: prints the path of the Temporal program. */
export async function server({ cacheDir, fetch }: ServerOptions): Promise<number> {
  if (fetch) {
    console.log(await findTemporalBinary({ cacheDir, onProgress: (line) => console.error(line) }));
    return 0;
  }
  const binary = await presentBinary(cacheDir);
  if (binary === null) {
    console.error('There is no Temporal program yet: get it with `locus server --fetch`.');
    return 2;
  }
  console.log(binary);
  return 0;
}
