export { accountGate } from './account-gate.ts';
export { gatedTarget } from './gated.ts';
export { issueTask } from './issue.ts';
export { parallelRun } from './parallel.ts';
export { planRun } from './plan.ts';
export { sprintRun } from './sprint.ts';
