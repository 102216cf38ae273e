import type { LoopEvent } from '../../domain/gated/loop-state.ts';
import { type RedTeamRecord, recordOfAnswer } from '../../domain/gated/red-team.ts';
import { decideRedTeam } from '../../domain/gated/red-team-decision.ts';
import { sha256 } from '../../domain/sha256.ts';
import { callRole, type GatedBench } from './role.ts';
import { cutShort } from './unfinished.ts';

/** Compares the work with its design, asking twice where the model fails or answers nothing that can be read. */
export async function redTeam(bench: GatedBench): Promise<LoopEvent> {
  const { target } = bench;
  const { severityThreshold: threshold } = target.input.settings.redTeam;
  for (let asks = 1; ; asks += 1) {
    const record = await asked(bench, threshold);
    if ('kind' in record) return record;
    const step = decideRedTeam(record, target.state.red_team_code, { asks, threshold, hash: sha256 });
    if (step.next === 'ask_again') continue;
    if (step.next === 'halt') return { kind: 'red_team', decision: 'halt', note: step.note };
    target.redTeam(step.progress);
    if (step.next === 'complete') return { kind: 'red_team', decision: 'complete', note: step.note };
    target.feedback = { ...target.feedback, redTeam: step.feedback };
    return { kind: 'red_team', decision: 'another_cycle', note: null };
  }
}

async function asked(bench: GatedBench, threshold: number): Promise<RedTeamRecord | LoopEvent> {
  const { run, target } = bench;
  const { settings, builtOn, left } = target.input;
  const { designDoc, skipWithoutDesign } = settings.redTeam;
  const { review, audit } = target.wantedChanges;
  const feedback = [review, audit].filter((text) => text !== null);
  // A sprint of a plan may begin on what agents have written.
  const began = builtOn === undefined && left === undefined ? run.task(target.issue).startCommit : null;
  const about = {
    ...({ kind: 'red_team', designDoc, skipWithoutDesign, feedback } as const),
    ...(began === null ? {} : { began }),
  };
  // It is asked once more where it fails, whatever way it fails in.
  const end = await callRole(bench, 'red-team', about, { maxAttempts: 1 });
  const stop = cutShort('red-team', end);
  if (stop !== null) return stop;
  if (end.outcome === 'nothing') return end.record;
  if (end.outcome === 'answered') return recordOfAnswer({ text: end.answer, exitCode: 0 }, threshold);
  const exitCode = end.outcome === 'failed' ? (end.exitCode ?? null) : null;
  return recordOfAnswer({ text: '', exitCode }, threshold);
}
