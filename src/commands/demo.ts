export async function demo(_options: { readonly keep?: boolean }): Promise<number> {
  return 0;
}
