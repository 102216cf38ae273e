import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { baseEnvironment } from '../git/environment.ts';
import { builtFile } from '../server/version.ts';
import { createLocalTracker } from '../trackers/local/tracker.ts';
import type { Tracker } from '../trackers/tracker.ts';
import type { Place } from './place.ts';

export const sprintTitle = 'First release';

interface DemoIssue {
  readonly title: string;
  readonly label: string;
  readonly body: string;
}

export const issues: readonly DemoIssue[] = [
  {
    title: 'Turn a title into a slug',
    label: 'type:feature',
    body: 'A function `slug` in `slug.mjs`: `Hello, World` becomes `hello-world`.',
  },
  {
    title: 'Keep letters that have accents',
    label: 'type:bug',
    body: '`Crème Brûlée` must become `creme-brulee`, and a test must say so.',
  },
  { title: 'Say in the README how to use it', label: 'type:docs', body: 'An import, a call, and what comes out.' },
];

const readme = `# slug

Titles as names for files and addresses.

- [ ] Turn a title into a slug
- [ ] Accented letters stay letters
- [ ] Say how to use it
`;

// Named from the root of the workspace: so it is found inside of any sandbox.
const config = { tracker: 'local', ai: { provider: 'command' }, agent: { command: ['sh', '.locus/agent.sh'] } };

/** A small project with the demo's agent in it, a bare repository as its remote, and a sprint of three issues. */
export async function makeRepository({ folder, repository, remote }: Place): Promise<void> {
  await git(folder, ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  await git(folder, ['init', '--quiet', '--initial-branch=main', repository]);
  await mkdir(path.join(repository, '.locus'));
  await copyFile(builtFile('demo/agent.sh'), path.join(repository, '.locus', 'agent.sh'));
  await writeFile(path.join(repository, '.locus', 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  await writeFile(path.join(repository, 'README.md'), readme);
  await git(repository, ['add', '.']);
  await git(repository, ['commit', '--quiet', '--no-verify', '-m', 'Begin with a list of what is to be done']);
  await git(repository, ['remote', 'add', 'origin', remote]);
  await git(repository, ['push', '--quiet', '--no-verify', 'origin', 'main']);
  const tracker = trackerOf({ repository });
  const sprint = await tracker.createSprint(sprintTitle);
  for (const { title, body, label } of issues) {
    await tracker.createIssue({ title, body, labels: [label], sprint: sprint.number });
  }
}

export function trackerOf({ repository }: Pick<Place, 'repository'>): Tracker {
  return createLocalTracker({ commonDir: path.join(repository, '.git') });
}

export async function git(cwd: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execa('git', args, { cwd, env: baseEnvironment(), extendEnv: false });
  return stdout;
}
