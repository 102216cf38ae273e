import { open, rm } from 'node:fs/promises';
import path from 'node:path';

/** Writes until the disk takes no more; answers what makes room again. */
export async function fillDisk(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'ballast');
  const handle = await open(file, 'w');
  for (let size = 1 << 20; size > 0; size >>= 1) {
    const block = Buffer.alloc(size, 1);
    for (;;) {
      const { bytesWritten } = await handle.write(block).catch(() => ({ bytesWritten: 0 }));
      if (bytesWritten < size) break;
    }
  }
  await handle.close();
  return () => rm(file);
}
