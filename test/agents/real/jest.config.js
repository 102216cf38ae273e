import base from '../../../jest.config.js';

const { globalSetup: _setup, globalTeardown: _teardown, ...rest } = base;

/** The real programs need no Temporal server. @type {import('jest').Config} */
export default {
  ...rest,
  rootDir: '../../..',
  testMatch: ['<rootDir>/test/agents/real/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
