import type { ResumeGated } from '../../src/workflows/messages.ts';

/** What a person says with `locus resume`. */
export const flags = { reset: false, probe: false, force: false };
export const goOn: { args: [ResumeGated] } = { args: [{ flags }] };
export const probe: { args: [ResumeGated] } = { args: [{ flags: { ...flags, probe: true } }] };
export const anew: { args: [ResumeGated] } = { args: [{ flags: { ...flags, reset: true } }] };
