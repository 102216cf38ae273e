import { expect, test } from '@jest/globals';
import { answer, halt, progress, resumeGated, stop } from '../../src/workflows/messages.ts';
import { bugInput, triaged } from './bug-support.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, type Change, commitOf, isState, shown, untilEnded } from './gated-support.ts';
import { anew, flags, goOn } from './resumptions.ts';
import { finished, start, until } from './support.ts';

const here = gatedStage();
const { calls } = here;

let bugs = 0;
const begin = (change: Change = {}) => {
  bugs += 1;
  const runId = `locus/acme/shop/bug/20260101-${String(bugs).padStart(6, '0')}`;
  return start(here.stage, bugInput(here.stage, { ...change, input: { runId, ...change.input } }));
};
const risky = {
  suspected_files: [{ file: 'src/payment.ts', lines: '', confidence: 'high', reason: 'there' }],
};
const roles = () => calls.filter((call) => /^(?:triage|implementer|reviewer|auditor) /.test(call));
type Handle = Awaited<ReturnType<typeof start>>;
const gatedOf = async (run: Handle) => shown(await run.query(progress));
const asks = (run: Handle, id: string) => until(run, ({ gated }) => gated?.question?.id === id);

test('a bug goes from its triage through the gates, and its fix is compared with the record', async () => {
  const bases: (string | null)[] = [];
  here.play = { host: { lookAtBranch: async (_run, { base }) => void bases.push(base) as never } };
  const state = await finished(await begin());
  expect(roles()).toEqual(['triage 0', 'implementer 1', 'reviewer 1', 'auditor 1']);
  expect(calls).toContain('record sprint-bug-1');
  expect(bases).toEqual([commitOf(100)]);
  expect(state.gated?.bug).toMatchObject({
    state: 'COMPLETED',
    sprint_id: 'sprint-bug-1',
    circuit_breaker: { cycle_count: 1 },
    confidence: { reproduction_strength: 'strong', risk_level: 'low' },
  });
});

test('a triage in another form is asked for once more, and not twice', async () => {
  here.play = { agents: { triage: ({ n }) => (n === 1 ? answered('review') : triaged()) } };
  await finished(await begin());
  expect(roles().slice(0, 3)).toEqual(['triage 0', 'triage 0', 'implementer 1']);

  calls.length = 0;
  here.play = { agents: { triage: () => answered('review') } };
  const run = await begin();
  await until(run, isState('HALTED'));
  expect((await gatedOf(run)).run.halt?.reason).toContain('gate_error: the answer of the triage cannot be read');
  expect(roles()).toEqual(['triage 0', 'triage 0']);
  await run.signal(stop, { reason: 'enough' });
  await finished(run);
});

test('a triage that has changed the workspace is not taken', async () => {
  here.play = { agents: { triage: () => ({ ...triaged(), tampered: true }) as never } };
  const run = await begin();
  await until(run, isState('HALTED'));
  expect((await gatedOf(run)).run.halt?.reason).toBe('gate_error: the triage has changed the workspace');
  await run.signal(stop, { reason: 'enough' });
  await finished(run);
});

test('a person who says no is asked nothing more; a resume asks again', async () => {
  here.play = { agents: { triage: () => triaged({ evidence: {} }) } };
  const run = await begin();
  await asks(run, 'confirm');
  await run.executeUpdate(answer, { args: [{ value: 'no' }] });
  await until(run, isState('HALTED'));
  expect((await gatedOf(run)).bug).toMatchObject({ state: 'HALTED', halt: { state: 'TRIAGE' } });
  await run.executeUpdate(resumeGated, goOn);
  await asks(run, 'confirm');
  await run.executeUpdate(answer, { args: [{ value: 'yes' }] });
  expect((await finished(run)).gated?.bug?.state).toBe('COMPLETED');
});

test('a person halts it while it asks; what they have answered is kept', async () => {
  here.play = { agents: { triage: () => triaged({ expected: null, severity: null }) } };
  const run = await begin();
  await asks(run, 'triage');
  await run.executeUpdate(answer, { args: [{ value: 'Two items' }] });
  await until(run, ({ gated }) => gated?.question?.text.includes('How severe') === true);
  await run.signal(halt, { reason: 'lunch' });
  await until(run, isState('HALTED'));
  expect((await gatedOf(run)).question).toBeNull();
  await run.executeUpdate(resumeGated, goOn);
  await until(run, ({ gated }) => gated?.question?.text.includes('How severe') === true);
  await run.executeUpdate(answer, { args: [{ value: 'low' }] });
  expect((await finished(run)).gated?.bug?.state).toBe('COMPLETED');
});

test('after five answers what is not known is not asked for again', async () => {
  here.play = { agents: { triage: () => triaged({ severity: null }) } };
  const run = await begin();
  for (let n = 1; n <= 5; n += 1) {
    await asks(run, 'triage');
    await run.executeUpdate(answer, { args: [{ value: `quite ${n}` }] });
  }
  await until(run, isState('HALTED'));
  expect((await gatedOf(run)).run.halt?.reason).toBe('triage: after 5 questions nobody knows: severity');
  await run.signal(stop, { reason: 'enough' });
  await finished(run);
});

test('C92: high risk halts an autonomous run; one at a terminal asks', async () => {
  here.play = { agents: { triage: () => triaged(risky) } };
  const run = await begin();
  await until(run, isState('HALTED'));
  expect((await gatedOf(run)).run.halt?.reason).toContain('risk: high risk: src/payment.ts');
  expect(calls.some((call) => /^(?:implementer|record|push|draft)/.test(call))).toBe(false);
  await run.executeUpdate(resumeGated, goOn);
  await until(run, isState('HALTED'));
  expect(roles()).toEqual(['triage 0']);
  await run.executeUpdate(resumeGated, { args: [{ flags, allowHigh: true }] });
  expect((await finished(run)).gated?.notes).toEqual([expect.stringContaining('let by --allow-high')]);

  calls.length = 0;
  const asked = await begin({ mode: 'interactive' });
  await asks(asked, 'risk');
  await asked.executeUpdate(answer, { args: [{ value: 'no' }] });
  await until(asked, isState('HALTED'));
  await asked.executeUpdate(resumeGated, goOn);
  await asks(asked, 'risk');
  await asked.executeUpdate(answer, { args: [{ value: 'yes' }] });
  expect((await finished(asked)).gated?.bug?.state).toBe('COMPLETED');
});

test('a bug that cannot be fixed halts with a draft of its own, and goes back to where it was', async () => {
  here.play = { agents: { reviewer: ({ n }) => answered('review', n <= 3 ? ['secret'] : []) } };
  const run = await begin();
  await until(run, isState('HALTED'));
  expect((await gatedOf(run)).bug).toMatchObject({ state: 'HALTED', halt: { state: 'REVIEWING' } });
  await until(run, () => calls.some((call) => call.startsWith('draft [INCOMPLETE] Run Mode: 20260101-')));
  await run.executeUpdate(resumeGated, anew);
  expect((await finished(run)).gated?.bug?.state).toBe('COMPLETED');
  expect(calls.filter((call) => call.startsWith('record'))).toEqual(['record sprint-bug-1']);
});

test('a triage that is cut by force begins again', async () => {
  here.play = { agents: { triage: (turn) => (turn.n === 1 ? untilEnded(turn) : triaged()) } };
  const run = await begin();
  await until(run, () => calls.includes('triage 0'));
  await run.signal(halt, { reason: 'now', force: true });
  await until(run, isState('HALTED'));
  await run.executeUpdate(resumeGated, goOn);
  expect((await finished(run)).gated?.bug?.state).toBe('COMPLETED');
  expect(roles().slice(0, 2)).toEqual(['triage 0', 'triage 0']);
});
