import type { Sandbox } from '../sandbox.ts';

export const none: Sandbox = {
  kind: 'none',
  title: 'none',
  async wrap(argv) {
    return { argv, env: {} };
  },
};
