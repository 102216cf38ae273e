import base from '../../../jest.config.js';

/** Records the histories anew instead of running tests. @type {import('jest').Config} */
export default { ...base, rootDir: '../../..', testMatch: ['<rootDir>/test/workflows/recorded/record.ts'] };
