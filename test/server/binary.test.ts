import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { cachedBinary, findTemporalBinary } from '../../src/server/binary.ts';

const works = `#!/bin/sh
if [ "$1" = --version ]; then echo 'temporal version 1.5.1'; exit 0; fi
echo '--db-filename --search-attribute --dynamic-config-value --sqlite-pragma'
`;
const tooOld = `#!/bin/sh
[ "$1" = --version ] && echo 'temporal version 0.1.0'
exit 0
`;

let folder: string;
let bin: string;
let cache: string;
let lines: string[];
let servers: Server[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'locus-binary-'));
  bin = path.join(folder, 'bin');
  cache = path.join(folder, 'cache');
  lines = [];
  servers = [];
  await mkdir(bin);
});

afterEach(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function program(file: string, text: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
  return file;
}

/** `go` that writes a program instead of building one; counts its calls. */
function fakeGo(version = 'go1.25.0'): Promise<string> {
  return program(
    path.join(bin, 'go'),
    `#!/bin/sh
if [ "$1" = env ]; then echo ${version}; exit 0; fi
echo "$@" >> ${folder}/go-calls
cp ${folder}/working "$GOBIN/temporal"
`,
  );
}

async function serve(status: number, body: Buffer | string = ''): Promise<string> {
  const server = createServer((request, response) => {
    lines.push(`asked ${request.url}`);
    response.writeHead(status).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/cli/archive`;
}

const find = (downloadUrl: string, env: NodeJS.ProcessEnv = {}) =>
  findTemporalBinary({
    cacheDir: cache,
    onProgress: (line) => lines.push(line),
    env: { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, ...env },
    downloadUrl,
  });

describe('the Temporal program', () => {
  test('that the environment names is taken, and refused with words when it does not work', async () => {
    const named = await program(path.join(folder, 'mine'), works);
    expect(await find('http://127.0.0.1:1', { TEMPORAL_CLI: named })).toBe(named);
    await expect(find('http://127.0.0.1:1', { LOCUS_TEMPORAL_BINARY: '/nowhere' })).rejects.toMatchObject({
      type: 'ServerUnavailable',
      message: expect.stringContaining('/nowhere'),
    });
  });

  test('on the PATH comes before the cached one', async () => {
    const installed = await program(path.join(bin, 'temporal'), works);
    await program(cachedBinary(cache), works);
    expect(await find('http://127.0.0.1:1')).toBe(installed);
  });

  test('on the PATH that cannot serve us is passed over', async () => {
    await program(path.join(bin, 'temporal'), tooOld);
    const cached = await program(cachedBinary(cache), works);
    expect(await find('http://127.0.0.1:1')).toBe(cached);
  });

  test('is downloaded where there is none', async () => {
    await program(path.join(folder, 'archive', 'temporal'), works);
    await execa('tar', ['-czf', 'a.tar.gz', '-C', 'archive', 'temporal'], { cwd: folder });
    const url = await serve(200, await readFile(path.join(folder, 'a.tar.gz')));
    expect(await find(url)).toBe(cachedBinary(cache));
    expect(lines[0]).toMatch(/^asked \/cli\/archive\/v1\.5\.1\?platform=(linux|darwin)&arch=(amd64|arm64)$/);
    expect(await readdir(path.dirname(cachedBinary(cache)))).toEqual(['temporal-1.5.1']);
  });

  test('is built with Go where the download is refused, once for two commands', async () => {
    await program(path.join(folder, 'working'), works);
    await fakeGo();
    const url = await serve(403);
    expect(await Promise.all([find(url), find(url)])).toEqual([cachedBinary(cache), cachedBinary(cache)]);
    expect(lines).toContain('building the Temporal server with Go, about 3 minutes, once');
    expect(await readFile(path.join(folder, 'go-calls'), 'utf8')).toBe(
      'install github.com/temporalio/cli/cmd/temporal@v1.5.1\n',
    );
    expect(await readdir(path.dirname(cachedBinary(cache)))).toEqual(['temporal-1.5.1']);
  });

  test('that cannot be had by any way is a failure that names the four ways', async () => {
    await fakeGo('go1.19.4');
    await program(path.join(bin, 'temporal'), tooOld);
    await expect(find(await serve(403))).rejects.toMatchObject({
      type: 'ServerUnavailable',
      message: expect.stringMatching(
        /on the PATH: .*knows no --db-filename.*in the cache: no .*download: .*answers 403.*go install: Go 1\.25 or later is needed, go1\.19\.4 is there/,
      ),
    });
  });

  test('is not taken from an archive that holds something else', async () => {
    const url = await serve(200, 'not an archive');
    await expect(find(url)).rejects.toMatchObject({ type: 'ServerUnavailable' });
    expect(await readdir(path.dirname(cachedBinary(cache)))).toEqual([]);
  });
});
