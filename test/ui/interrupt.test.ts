import { afterEach, expect, test } from '@jest/globals';
import { catchInterruptions, type Interruptions } from '../../src/ui/interrupt.ts';

let caught: Interruptions;
afterEach(() => caught.close());

function listener(into: string[]) {
  return { first: () => into.push('first'), second: () => into.push('second') };
}

const press = () => process.emit('SIGINT');

test('what is pressed before there is a run to halt halts it as soon as there is one', async () => {
  caught = catchInterruptions();
  press();
  const told: string[] = [];
  caught.tell(listener(told));
  expect(told).toEqual(['first']);
  press();
  expect(told).toEqual(['first', 'second']);
  await caught.twice;
});

test('pressed twice before that, whoever waits for it hears so', async () => {
  caught = catchInterruptions();
  press();
  press();
  await caught.twice;
  const told: string[] = [];
  caught.tell(listener(told));
  expect(told).toEqual(['first', 'second']);
});

test('once closed it lets Ctrl+C be what it was', () => {
  const before = process.listenerCount('SIGINT');
  caught = catchInterruptions();
  expect(process.listenerCount('SIGINT')).toBe(before + 1);
  caught.close();
  expect(process.listenerCount('SIGINT')).toBe(before);
});
