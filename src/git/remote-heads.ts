import { addressOf, type Remote, withCredentials } from './credentials.ts';
import { git, networkTimeoutMs } from './run.ts';
import { Together, type Wish } from './together.ts';

interface HeadsRequest extends Remote {
  readonly branches: readonly string[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** How old an answer may be; left out: the remote is asked. */
  readonly maxAgeMs?: number;
}

/** Which of these branches a remote has, with their commits. It lists all of its own for each who asks. */
export async function remoteHeads(request: HeadsRequest): Promise<Record<string, string>> {
  const { branches, maxAgeMs = 0 } = request;
  const before = lately(request, branches, performance.now() - maxAgeMs);
  if (before !== null) return before;
  const askedAt = performance.now();
  const listed = await listings.ask(addressOf(request), { ...request, branch: branches.join(' ') });
  const found = headsIn(listed, branches);
  for (const branch of branches) note(request, branch, { commit: found[branch] ?? null, at: askedAt });
  return lately(request, branches, 0) ?? found;
}

/** A push of ours has brought this commit there. */
export function noteHead(remote: Remote, branch: string, commit: string): void {
  note(remote, branch, { commit, at: performance.now() });
}

interface Head {
  /** null: there is no such branch. */
  readonly commit: string | null;
  /** On the clock of `performance.now`. */
  readonly at: number;
}

/** By remote and branch. */
const heads = new Map<string, Head>();
const mostHeads = 1000;

/** null where one of them is not known since then. */
function lately(remote: Remote, branches: readonly string[], since: number): Record<string, string> | null {
  const found: Record<string, string> = {};
  for (const branch of branches) {
    const head = heads.get(keyOf(remote, branch));
    if (head === undefined || head.at <= since) return null;
    if (head.commit !== null) found[branch] = head.commit;
  }
  return found;
}

/** An answer that was under way while a push arrived may be older than that. */
function note(remote: Remote, branch: string, head: Head): void {
  const key = keyOf(remote, branch);
  if ((heads.get(key)?.at ?? 0) > head.at) return;
  if (heads.size >= mostHeads) heads.clear();
  heads.set(key, head);
}

function keyOf(remote: Remote, branch: string): string {
  return `${addressOf(remote)} ${branch}`;
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
