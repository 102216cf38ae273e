export default async function teardown(): Promise<void> {
  await (globalThis as { teardownTemporal?: () => Promise<void> }).teardownTemporal?.();
}
