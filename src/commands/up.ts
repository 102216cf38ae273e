import { configuredTemporal } from '../server/connection.ts';
import { ensureKeeper } from '../server/keeper.ts';

export interface UpOptions {
  readonly stateDir: string;
}

/** `locus up`: starts the background keeper and says where things are. */
export async function up({ stateDir }: UpOptions): Promise<number> {
  const configured = await configuredTemporal();
  if (configured !== null) {
    console.log(`Temporal   ${configured.address} (configured), namespace ${configured.namespace}`);
    console.log('Nothing is started here for a configured server: run `locus worker` on the hosts that work.');
    return 0;
  }
  const info = await ensureKeeper({ stateDir, onProgress: (line) => console.error(line) });
  console.log(`Temporal   ${info.address}`);
  console.log(`Web UI     ${info.uiBase}`);
  console.log(`State      ${stateDir}`);
  return 0;
}
