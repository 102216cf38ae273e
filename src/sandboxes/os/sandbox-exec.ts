import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Confinement, Sandbox } from '../sandbox.ts';

/**
 * macOS. Not proved by our tests, which run on Linux. It cannot lay one folder over another, so git is told by
 * variables where objects go; of the home, the folders that commonly hold secrets are hidden.
 */
export const sandboxExec: Sandbox = {
  kind: 'os',
  title: 'sandbox-exec',
  async wrap(argv, confinement) {
    const { attemptDir, objectsDir, commonDir } = confinement;
    const scratch = path.join(attemptDir, 'tmp');
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const objects: Record<string, string> =
      objectsDir === null
        ? {}
        : { GIT_OBJECT_DIRECTORY: objectsDir, GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(commonDir, 'objects') };
    return {
      argv: ['/usr/bin/sandbox-exec', '-p', profile(confinement, scratch), ...argv],
      env: { TMPDIR: scratch, ...objects },
    };
  },
};

export const probe: readonly string[] = ['/usr/bin/sandbox-exec', '-p', '(version 1)(allow default)', '/usr/bin/true'];

/** Of rules that match the same file, the last one counts. */
export function profile(confinement: Confinement, scratch: string): string {
  const { workspace, readOnly, commonDir, adminDir, objectsDir, attemptDir, agentFolders, hidden = [] } = confinement;
  const writable = readOnly ? [] : [workspace, ...(objectsDir === null ? [] : [objectsDir])];
  const guarded = ['commondir', 'gitdir', 'config.worktree'];
  return [
    '(version 1)',
    '(allow default)',
    rule('deny', 'file-write*', ['/']),
    rule('allow', 'file-write*', ['/dev']),
    rule('deny', 'file-read* file-write*', secretsIn(confinement.home)),
    rule('deny', 'file-read* file-write* network-outbound', [path.dirname(attemptDir), ...hidden]),
    rule('deny', 'network-outbound', ['/var/run', '/private/var/run/docker.sock']),
    rule('allow', 'network-outbound', ['/private/var/run/mDNSResponder']),
    rule('allow', 'file-read* file-write*', [scratch, ...writable, ...agentFolders]),
    rule('allow', 'file-read*', [workspace, commonDir, ...(confinement.agentReadable ?? [])]),
    rule('deny', 'file-write*', [commonDir, path.join(workspace, '.git')]),
    ...(adminDir === null || readOnly
      ? []
      : [
          rule('allow', 'file-write*', [adminDir]),
          rule(
            'deny',
            'file-write*',
            guarded.map((name) => path.join(adminDir, name)),
          ),
        ]),
  ].join('\n');
}

const secrets: readonly string[] = [
  ...['.ssh', '.aws', '.gnupg', '.config/gh', '.config/gcloud', '.netrc', '.git-credentials', '.docker', '.kube'],
  ...['.npmrc', '.pypirc', '.azure', '.password-store', '.cargo/credentials.toml', '.m2/settings.xml', '.zsh_history'],
  ...['.bash_history', 'Library/Keychains', 'Library/Cookies', 'Library/Mail', 'Library/Messages', 'Library/Safari'],
  ...['Library/Application Support/Google', 'Library/Application Support/Firefox', 'Library/Group Containers'],
];

function secretsIn(home: string): string[] {
  return secrets.map((name) => path.join(home, name));
}

function rule(verb: 'allow' | 'deny', operations: string, files: readonly string[]): string {
  return `(${verb} ${operations} ${files.map((file) => `(subpath ${quoted(file)})`).join(' ')})`;
}

function quoted(file: string): string {
  return `"${file.replace(/[\\"]/g, '\\$&')}"`;
}
