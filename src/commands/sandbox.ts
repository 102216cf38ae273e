import { saveConfig } from '../config/save.ts';
import { LocusFailure } from '../domain/failures.ts';
import type { Provider } from '../domain/settings.ts';
import { createSandbox, listSandboxes, removeSandbox } from '../sandboxes/docker/persistent.ts';
import type { Project } from './project.ts';

const providers: readonly Provider[] = ['claude', 'codex', 'command'];

/** `locus sandbox create|list|rm`: the Docker Desktop sandbox of a provider, which all runs of this repository use. */
export async function sandboxCreate(provider: string, project: Pick<Project, 'checkout'>): Promise<number> {
  const known = providerNamed(provider);
  const { root } = project.checkout;
  const name = `locus-${root
    .split('/')
    .at(-1)
    ?.replace(/[^A-Za-z0-9_.-]+/g, '-')}-${known}`;
  await createSandbox(name, known, root, process.env);
  await saveConfig(root, { [`sandbox.providers.${known}`]: name });
  console.log(`made the sandbox ${name}; runs with ${known} use it`);
  return 0;
}

export async function sandboxList(project: Pick<Project, 'config'>): Promise<number> {
  const names = await listSandboxes(process.env);
  const used = Object.entries(project.config.sandbox.providers);
  const lines = names.map((name) => `${name}  ${used.find(([, each]) => each === name)?.[0] ?? ''}`.trimEnd());
  console.log(lines.length === 0 ? 'no sandboxes' : lines.join('\n'));
  return 0;
}

export async function sandboxRemove(provider: string, project: Pick<Project, 'config' | 'checkout'>): Promise<number> {
  const known = providerNamed(provider);
  const name = project.config.sandbox.providers[known];
  if (name === undefined) {
    throw new LocusFailure('UsageInvalid', `${known} has no sandbox`, {
      remedy: `make one with \`locus sandbox create ${known}\``,
    });
  }
  await removeSandbox(name, process.env);
  await saveConfig(project.checkout.root, { [`sandbox.providers.${known}`]: undefined });
  console.log(`removed the sandbox ${name}`);
  return 0;
}

function providerNamed(text: string): Provider {
  const found = providers.find((provider) => provider === text);
  if (found) return found;
  throw new LocusFailure('UsageInvalid', `${JSON.stringify(text)} is no provider`, {
    remedy: 'use claude, codex or command',
  });
}
