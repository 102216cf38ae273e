import { lstat, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { findProgram } from '../../disk/program.ts';
import type { Confinement, Sandbox } from '../sandbox.ts';
import { gitBinds } from './git-binds.ts';
import { visibleInHome } from './home.ts';
import { contains, orNull } from './paths.ts';

/**
 * Linux: the whole system is read-only; /tmp, /run (sockets of Docker, D-Bus, ssh-agent) and the state of Locus are
 * hidden; the home is an empty folder of the attempt, with tools in it; the workspace is writable. The network is
 * shared: the agent needs its model. Later binds lie on top of earlier ones.
 */
export const bubblewrap: Sandbox = {
  kind: 'os',
  title: 'bubblewrap',
  async wrap(argv, confinement, env = { PATH: process.env.PATH ?? '' }) {
    const { workspace, readOnly } = confinement;
    const programs = await programFiles(argv, env.PATH);
    const binds = [
      ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
      ...(await emptyFolders(confinement, env.TMPDIR)),
      ...(await homeBinds(confinement, env.PATH ?? '', programs)),
      ...outsideHome(confinement, programs),
      ...(await projectBinds(confinement)),
      ...[readOnly ? '--ro-bind' : '--bind', workspace, workspace],
      ...(await gitBinds(confinement)),
      ...(confinement.agentReadable ?? []).flatMap((file) => ['--ro-bind-try', file, file]),
      ...confinement.agentFolders.flatMap((folder) => ['--bind-try', folder, folder]),
    ];
    return { argv: ['bwrap', ...binds, ...isolation, '--chdir', workspace, '--', ...argv], env: { TMPDIR: '/tmp' } };
  },
};

/** No --new-session: signals to the host's process group must reach the agent. */
const isolation: readonly string[] = [
  ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
  ...['--die-with-parent', '--cap-drop', 'ALL'],
];

/** What the kernel must allow; tried once before a run relies on it. */
export const probe: readonly string[] = [
  ...['bwrap', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'],
  ...[...isolation, '--', 'true'],
];

/** Where names are resolved, and where NixOS keeps its programs: parts of /run that hold no secret. */
const shownInRun = ['/run/current-system', '/run/booted-system', '/run/opengl-driver', '/run/systemd/resolve'];

const temporaries: readonly string[] = ['/tmp', '/var/tmp', '/run', '/var/run'];

async function emptyFolders({ home }: Confinement, temporary = ''): Promise<string[]> {
  const own = path.isAbsolute(temporary) && !contains(temporary, home) ? [path.normalize(temporary)] : [];
  const folders: string[] = [];
  for (const folder of [...temporaries, ...own]) if (await isFolder(folder)) folders.push(folder);
  const shown = [...shownInRun, await orNull(realpath('/etc/resolv.conf'))].filter((file) => file !== null);
  return [
    ...folders.flatMap((folder) => ['--tmpfs', folder]),
    ...shown.filter((file) => file.startsWith('/run/')).flatMap((file) => ['--ro-bind-try', file, file]),
  ];
}

/** A folder of the attempt instead of a tmpfs: caches that builds fill would be memory. */
async function homeBinds({ home, attemptDir }: Confinement, searchPath: string, programs: readonly string[]) {
  if (home === '/' || !(await isFolder(home))) return [];
  const empty = path.join(attemptDir, 'home');
  await mkdir(empty, { recursive: true, mode: 0o700 });
  const visible = visibleInHome(home, searchPath, programs);
  return ['--bind', empty, home, ...visible.flatMap((file) => ['--ro-bind-try', file, file])];
}

/** The agent's program with its folder, where that lies in a folder for temporary files; not that whole folder. */
function outsideHome({ home }: Confinement, programs: readonly string[]): string[] {
  const covered = programs.filter(
    (file) => temporaries.some((folder) => contains(folder, file)) && !contains(home, file),
  );
  const shown = covered.map((file) => (temporaries.includes(path.dirname(file)) ? file : path.dirname(file)));
  return [...new Set(shown)].sort().flatMap((file) => ['--ro-bind', file, file]);
}

/** The person's checkout, readable, with the state of Locus hidden also where it lies inside. */
async function projectBinds({ commonDir, attemptDir, home, hidden = [] }: Confinement): Promise<string[]> {
  const root = path.basename(commonDir) === '.git' ? path.dirname(commonDir) : commonDir;
  const shown = contains(root, home) ? [] : ['--ro-bind', root, root];
  const covered: string[] = [];
  for (const folder of [path.dirname(attemptDir), ...hidden]) {
    const isHidden = contains(home, folder) && !contains(root, folder);
    if (!isHidden && (await isFolder(folder))) covered.push('--tmpfs', folder);
  }
  return [...shown, ...covered];
}

/** The program, and files that a person named in its arguments, such as the script of an interpreter. */
async function programFiles(argv: readonly string[], searchPath: string | undefined): Promise<string[]> {
  const program = findProgram(argv[0] ?? '', searchPath);
  const named = argv.slice(1).filter((argument) => path.isAbsolute(argument));
  const files: string[] = [];
  for (const file of program === null ? named : [program, ...named]) {
    const real = await orNull(realpath(file));
    if (real !== null && (await lstat(real)).isFile()) files.push(file, real);
  }
  return files;
}

/** Not a link: bubblewrap cannot mount over one. */
async function isFolder(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  return found?.isDirectory() ?? false;
}
