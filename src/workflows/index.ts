export { accountGate } from './account-gate.ts';
export { issueTask } from './issue.ts';
export { parallelRun } from './parallel.ts';
export { sprintRun } from './sprint.ts';
