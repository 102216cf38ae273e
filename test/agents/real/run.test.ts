import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeRepository } from '../../e2e/support/repository.ts';
import { openWorld, type World } from '../../e2e/support/world.ts';
import { type Step, startModel } from '../../support/model.ts';

const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'locus', 'agents');
const bin = path.join(cache, 'node_modules', '.bin');

let world: World;
let model: Awaited<ReturnType<typeof startModel>>;
beforeAll(async () => {
  world = await openWorld();
  model = await startModel();
});
afterAll(async () => {
  await world.end();
  await model.stop();
}, 60_000);

const shell: Record<'claude' | 'codex', (command: string) => Step> = {
  claude: (command) => ({ tool: 'Bash', input: { command, description: 'work' } }),
  codex: (cmd) => ({ tool: 'exec_command', input: { cmd } }),
};

describe.each(['claude', 'codex'] as const)('`locus run` with the real %s', (provider) => {
  test('turns an issue into a pull request', async () => {
    const name = provider === 'claude' ? 'sonnet' : 'gpt-5';
    const repository = await makeRepository(world, { config: { ai: { provider, model: name } } });
    await useModel(world, model.url);
    const { github } = repository;
    github.seed({ issues: [{ title: 'Say hello' }] });
    model.play(shell[provider]('echo hello > hello.txt && git add hello.txt && git commit -qm "feat: say hello"'), {
      text: 'I said hello.',
    });
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: 'sk-ant-none',
      OPENAI_API_KEY: 'none',
    };
    const ended = await repository.run(['run', '1'], env);
    expect(ended).toMatchObject({ code: 0 });
    const commits = await repository.commits('locus/issue-1');
    expect(commits.map(({ subject, files }) => [subject, files])).toEqual([['feat: say hello', ['hello.txt']]]);
    const { pulls, issues } = github.state();
    expect(pulls).toMatchObject([{ title: 'Say hello (#1)', head: { ref: 'locus/issue-1' } }]);
    expect(JSON.stringify(issues[0]?.comments)).toContain('I said hello.');
    expect(JSON.stringify(model.requests)).not.toContain(github.token);
    expect(JSON.stringify(model.requests)).toContain('Say hello');
  }, 90_000);
});

/** Codex reads where its model is from its own config; both take the home of the world. */
async function useModel({ env }: World, url: string): Promise<void> {
  const folder = path.join(env.HOME ?? '', '.codex');
  await mkdir(folder, { recursive: true });
  const provider = `name = "mock"\nbase_url = "${url}/v1"\nwire_api = "responses"\nenv_key = "OPENAI_API_KEY"\n`;
  await writeFile(path.join(folder, 'config.toml'), `model_provider = "mock"\n[model_providers.mock]\n${provider}`);
}
