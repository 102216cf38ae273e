import { findProgram } from '../../disk/program.ts';
import type { Sandbox } from '../sandbox.ts';

/** Variables that mean something else in the virtual machine. */
const local = ['PATH', 'HOME', 'SHELL', 'USER', 'LOGNAME', 'TMPDIR', 'TERM'];

/**
 * A Docker Desktop sandbox (4.58 or later): a persistent virtual machine that shows the checkout at its own path.
 * https://docs.docker.com/reference/cli/docker/sandbox/exec/
 */
export function dockerSandbox(name: string): Sandbox {
  return {
    kind: 'docker',
    title: 'Docker Desktop',
    async wrap(argv, { workspace }, env = {}) {
      // Names only: docker takes the values from its own environment, so no secret stands on a command line.
      const docker = findProgram('docker', env.PATH) ?? 'docker';
      const passed = Object.keys(env).filter((variable) => !local.includes(variable));
      return {
        argv: [
          ...[docker, 'sandbox', 'exec', '--interactive', '--workdir', workspace],
          ...passed.flatMap((variable) => ['--env', variable]),
          ...[name, ...argv],
        ],
        env: {},
        end: endCommand(docker, name, env.LOCUS_ATTEMPT),
      };
    },
  };
}

/** Ending the client leaves its command running in the virtual machine. */
function endCommand(docker: string, name: string, attemptId: string | undefined): readonly string[] | undefined {
  if (attemptId === undefined) return undefined;
  const script = `for d in /proc/[0-9]*; do
  if tr '\\0' '\\n' 2>/dev/null <"$d/environ" | grep -qx "$0"; then kill -KILL "\${d#/proc/}" 2>/dev/null; fi
done
exit 0`;
  return [docker, 'sandbox', 'exec', name, 'sh', '-c', script, `LOCUS_ATTEMPT=${attemptId}`];
}
