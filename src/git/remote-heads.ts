import type { Repository } from '../domain/workspace.ts';
import { addressOf, type RemoteAccess, withCredentials } from './credentials.ts';
import { git, networkTimeoutMs } from './run.ts';
import { Together, type Wish } from './together.ts';

interface HeadsRequest extends RemoteAccess {
  readonly repository: Repository;
  readonly branches: readonly string[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Which of these branches a remote has, with their commits. It lists all of its own for each who asks. */
export async function remoteHeads(request: HeadsRequest): Promise<Record<string, string>> {
  const { branches } = request;
  return headsIn(await listings.ask(addressOf(request), { ...request, branch: branches.join(' ') }), branches);
}

const listings = new Together<HeadsRequest & Wish, string>({
  rest: 0,
  send: async (requests, signal) => {
    const [request] = requests;
    if (request === undefined) return [];
    const { repository, remote } = request;
    const refs = new Set(requests.flatMap(({ branches }) => branches.map((branch) => `refs/heads/${branch}`)));
    const timeoutMs = Math.max(...requests.map((each) => each.timeoutMs ?? networkTimeoutMs));
    // Without `--heads` a hosting service tells of each pull request that there ever was.
    const listed = await withCredentials(request, (env) =>
      git(repository, ['ls-remote', '--heads', '--refs', '--', remote, ...refs], {
        timeoutMs,
        otherwise: 'RemoteUnavailable',
        signal,
        env,
      }),
    );
    return requests.map(() => listed);
  },
});

function headsIn(listed: string, branches: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of listed.split('\n')) {
    const [hash, ref] = line.split('\t');
    const branch = ref?.replace(/^refs\/heads\//, '');
    // ls-remote matches the end of a ref's name, so it may answer more than was asked.
    if (hash && branch && branches.includes(branch) && ref === `refs/heads/${branch}`) found[branch] = hash;
  }
  return found;
}
