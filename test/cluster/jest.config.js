import base from '../../jest.config.js';

const { globalSetup: _setup, globalTeardown: _teardown, ...rest } = base;

/** The servers are started by scripts/cluster. @type {import('jest').Config} */
export default {
  ...rest,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
