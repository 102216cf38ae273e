import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer is truthy; fails with what was waited for when `seconds` have passed. */
export async function until<Answer>(
  what: string,
  ask: () => Answer | Promise<Answer>,
  seconds = 20,
): Promise<NonNullable<Answer>> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await delay(50);
  }
}
