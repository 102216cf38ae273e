export { accountGate } from './account-gate.ts';
export { bugRun } from './bug.ts';
export { gatedTarget } from './gated.ts';
export { issueTask } from './issue.ts';
export { issueLock } from './issue-lock.ts';
export { parallelRun } from './parallel.ts';
export { planRun } from './plan.ts';
export { sprintRun } from './sprint.ts';
