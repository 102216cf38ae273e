import { expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.ts';
import { snapshot } from '../../src/config/snapshot.ts';

function commandOf(command: readonly string[], root?: string): readonly string[] | null {
  const { config } = parseConfig(JSON.stringify({ ai: { provider: 'command' }, agent: { command } }));
  return snapshot(config, root === undefined ? {} : { root }).agent.command;
}

test('a relative path in agent.command is one of the checkout, wherever the worker stands', () => {
  expect(commandOf(['./scripts/agent.sh', './x'], '/repo')).toEqual(['/repo/scripts/agent.sh', './x']);
  expect(commandOf(['scripts/agent.sh'], '/repo')).toEqual(['/repo/scripts/agent.sh']);
});

test('other programs of agent.command stay as they are', () => {
  expect(commandOf(['/opt/agent'], '/repo')).toEqual(['/opt/agent']);
  expect(commandOf(['my-agent', '--x'], '/repo')).toEqual(['my-agent', '--x']);
  expect(commandOf(['./scripts/agent.sh'])).toEqual(['./scripts/agent.sh']);
});
