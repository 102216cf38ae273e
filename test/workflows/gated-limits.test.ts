import { expect, test } from '@jest/globals';
import { halt, resumeGated, stop, wake } from '../../src/workflows/messages.ts';
import { gatedStage } from './gated-stage.ts';
import { answered, implemented, isState, roles, shown, untilEnded } from './gated-support.ts';
import { anew, goOn } from './resumptions.ts';
import { finished, isHalted, limited, until } from './support.ts';

// An hour of these runs takes twelve seconds, see changed/hurried.ts; they begin at ten to ten.

const here = gatedStage({ change: 'hurried' });
const { begin, calls } = here;

const hours = (n: number) => n * 3_600_000;
/** On the clock of these runs. */
const now = (state: Parameters<typeof shown>[0]) => Date.parse(shown(state).run.timestamps.last_activity);

test('C67 a fourth phase at ten to the hour waits for the next one, and then starts', async () => {
  here.play = { agents: { reviewer: ({ n }) => answered('review', n === 1 ? ['r1'] : []) } };
  const handle = await begin({ settings: { callsPerHour: 3 } });
  const asleep = await until(handle, (state) => shown(state).run.phase === 'RATE_LIMITED');
  expect(asleep.waiting).toEqual({
    reason: 'the limit of 3 phases an hour',
    until: Date.parse('2030-01-01T10:01:00.000Z'),
  });
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'implementer 2']);
  // Who lifts a usage limit does not lift this one: it is waited for once.
  await handle.signal(wake);
  const state = await finished(handle);
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'implementer 2', 'reviewer 2', 'auditor 2']);
  expect(now(state)).toBeGreaterThanOrEqual(Date.parse('2030-01-01T10:01:00.000Z'));
  expect(shown(state).run.state).toBe('JACKED_OUT');
  expect(shown(state).rate.waits).toHaveLength(1);
});

test.each([halt, stop])(
  'C67 a $name reaches a run that waits for the next hour',
  async (signal) => {
    const handle = await begin({ settings: { callsPerHour: 1 } });
    await until(handle, (state) => shown(state).run.phase === 'RATE_LIMITED');
    await handle.signal(signal, { reason: 'enough' });
    const wanted = signal === halt ? 'halted' : 'stopped';
    const state = await until(handle, ({ status }) => status === wanted, 2_500);
    expect(state.waiting).toBeNull();
    if (signal === stop) return;
    // It is resumed where it stood: the gate that was due.
    await handle.executeUpdate(resumeGated, goOn);
    await finished(handle);
    expect(roles(calls).slice(0, 2)).toEqual(['implementer 1', 'reviewer 1']);
  },
  60_000,
);

test('C68 the hour changes before the limit is reached: nobody waits', async () => {
  here.play = {
    agents: {
      reviewer: async () => {
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        return answered('review');
      },
    },
  };
  const state = await finished(await begin({ settings: { callsPerHour: 2 } }));
  expect(now(state)).toBeGreaterThan(Date.parse('2030-01-01T10:00:00.000Z'));
  expect(state.gated?.circuit_breaker.history).toEqual([]);
  expect(roles(calls)).toEqual(['implementer 1', 'reviewer 1', 'auditor 1']);
});

test('A3 the timeout cuts a running phase: its agent is ended, and the breaker opens', async () => {
  here.play = { agents: { reviewer: untilEnded } };
  const handle = await begin({ options: { timeout_hours: 0.75 } });
  const state = await until(handle, isHalted);
  expect(calls).toContain('end 1');
  const { run, circuit_breaker } = shown(state);
  expect(run).toMatchObject({
    state: 'HALTED',
    phase: 'REVIEW',
    halt: { reason: 'timeout: the 0.75 h that it had are over' },
  });
  expect(circuit_breaker).toMatchObject({ state: 'OPEN', history: [{ trigger: 'timeout' }] });
  // What has gone by before a reset counts no more, nor does what did not count then.
  here.play = {};
  await handle.executeUpdate(resumeGated, anew);
  const end = shown(await finished(handle));
  expect(end).toMatchObject({ excludedMs: 0, circuit_breaker: { state: 'CLOSED' } });
  expect(Date.parse(end.circuit_breaker.triggers.timeout.started)).toBeGreaterThan(Date.parse(run.timestamps.started));
});

test('A3 waiting for a person and being halted do not count towards it', async () => {
  here.play = { agents: { auditor: () => ({ ...answered('audit'), tampered: true }) as never } };
  const handle = await begin({ options: { timeout_hours: 0.8, push_mode: 'LOCAL' } });
  await until(handle, isHalted);
  await new Promise((resolve) => setTimeout(resolve, 11_000));
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  const state = await finished(handle);
  expect(shown(state).run.state).toBe('JACKED_OUT');
  expect(shown(state).excludedMs).toBeGreaterThan(hours(0.8));
});

test('A3 nor does a usage limit, whether the run meets it or is told of it before it starts', async () => {
  here.play = {
    agents: {
      implementer: ({ n }) => (n === 1 ? limited(Date.parse('2030-01-01T10:50:00.000Z')) : implemented(n)),
    },
    shared: {
      acquirePermit: async () => {
        // The third is asked for the reviewer.
        const isTold = calls.filter((call) => call.startsWith('permit')).length === 3;
        return isTold ? { at: Date.parse('2030-01-01T11:50:00.000Z'), limited: true } : { at: 0, limited: false };
      },
    },
  };
  const handle = await begin({ options: { timeout_hours: 1, push_mode: 'LOCAL' } });
  const state = await until(handle, isState('JACKED_OUT'), 40_000);
  expect(roles(calls)).toEqual(['implementer 1', 'implementer 1', 'reviewer 1', 'auditor 1']);
  expect(shown(state).excludedMs).toBeGreaterThan(hours(1.4));
  expect(calls).toContain('limit command');
}, 60_000);

test.each(['met', 'told'])('a halt is heard by a run that waits for a usage limit that it was %s', async (how) => {
  const later = Date.parse('2030-01-02T00:00:00.000Z');
  here.play =
    how === 'met'
      ? { agents: { implementer: () => limited(later) } }
      : { shared: { acquirePermit: async () => ({ at: later, limited: true }) } };
  const handle = await begin();
  await until(handle, (state) => state.waiting?.reason === 'the usage limit of command');
  await handle.signal(halt, { reason: 'night' });
  const state = await until(handle, isHalted, 5_000);
  expect(state).toMatchObject({ waiting: null, halt: { reason: 'night' } });
  here.play = {};
  await handle.executeUpdate(resumeGated, goOn);
  expect(shown(await finished(handle)).run.state).toBe('JACKED_OUT');
});
