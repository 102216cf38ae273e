import { type Check, checks, type DoctorInputs, learn } from './doctor-checks.ts';

const marks = { ok: '✔', missing: '✘', optional: '–' } as const satisfies Record<Check['state'], string>;

export interface DoctorOptions {
  readonly json?: boolean;
}

/** `locus doctor`: one line for each thing that a run needs, with its fix. 0 when a run could start. */
export async function doctor({ json = false }: DoctorOptions, inputs: DoctorInputs): Promise<number> {
  const facts = await learn(inputs);
  const found = (await Promise.all(checks.map((check) => check(facts)))).filter((check) => check !== null);
  if (json) console.log(JSON.stringify(found, null, 2));
  else for (const check of found) console.log(lineOf(check));
  return found.some(({ state }) => state === 'missing') ? 1 : 0;
}

function lineOf({ state, title, detail, fix }: Check): string {
  const line = `${marks[state]} ${title.padEnd(12)} ${detail}`;
  return fix === null ? line : `${line} → ${fix}`;
}
