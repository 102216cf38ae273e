import type { PromptAbout } from '../../activities/gated/contract.ts';
import { bugSprintId } from '../../domain/gated/bug-id.ts';
import { riskGate, riskOf } from '../../domain/gated/bug-risk.ts';
import { gateNote } from '../../domain/gated/gate-note.ts';
import type { HaltReason, HaltStep } from '../../domain/gated/loop-state.ts';
import type { Ask } from '../../domain/gated/run-input.ts';
import { noTestRunner, type OpenQuestion, type TriageStep } from '../../domain/gated/triage.ts';
import { readTriage } from '../../domain/gated/triage-answer.ts';
import { suspectedPaths, type Triage } from '../../domain/gated/triage-record.ts';
import { failureOf } from '../activities.ts';
import { askPerson } from '../gated/delivery.ts';
import { open, opened } from '../gated/open.ts';
import { type LoopEnd, mostHosts } from '../gated/phases.ts';
import { callRole, type GatedBench, isKnown } from '../gated/role.ts';
import { step, TimeUp } from '../gated/step.ts';
import { tripped } from '../gated/time.ts';
import { HostMoved } from '../tools.ts';
import type { Bug } from './bug.ts';

type Halt = Exclude<LoopEnd, { readonly kind: 'complete' }>;

/** What a triage needs beside the bug. */
interface Ground {
  readonly testCommand: string | null;
}

/** Finds out what the bug is, once, and whether it may be fixed without a person; null, or why the run halts. */
export async function triaged(bench: GatedBench, bug: Bug): Promise<Halt | null> {
  const { target } = bench;
  for (;;) {
    try {
      return (bug.triage === null ? await investigated(bench, bug) : null) ?? (await letBy(bench, bug));
    } catch (error) {
      if (error instanceof TimeUp) return timeUp(bench);
      if (error instanceof HostMoved && target.hostLost() < mostHosts) continue;
      if (!(error instanceof HostMoved) && !isKnown(error)) throw error;
      target.begun();
      const { type, message } = failureOf(error);
      return halting(type === 'GuardRefused' ? 'guard_refused' : 'triage', message);
    }
  }
}

/** Until what was found out is accepted: people confirm that it is a bug, and answer what is not known. */
async function investigated(bench: GatedBench, bug: Bug): Promise<Halt | null> {
  const { run, target } = bench;
  const ground = await begun(bench, bug);
  if (ground.testCommand === null) return halting('triage', noTestRunner);
  for (let found: Triage | null = null; ; ) {
    if (found === null) {
      const looked = await lookedAt(bench, bug);
      if ('kind' in looked) return looked;
      found = looked;
    }
    const triage = bug.withAnswers(found);
    const step = await weighed(bench, bug, { triage, ...ground });
    switch (step.kind) {
      case 'accept':
        bug.accepted(triage);
        target.show();
        return null;
      case 'halt':
      case 'reject':
        bug.rejected();
        return halting('triage', step.message);
      case 'confirm': {
        const yes = await asked(bench, { id: 'confirm', text: step.message, answers: ['yes', 'no'] });
        if (yes === null) return { kind: 'person', reason: run.haltWanted ?? '' };
        bug.confirmed = yes === 'yes';
        break;
      }
      case 'ask': {
        for (const { field, text } of step.questions) {
          const answer = await asked(bench, { id: 'triage', text, answers: [] });
          if (answer === null) return { kind: 'person', reason: run.haltWanted ?? '' };
          bug.said = [...bug.said, { field, question: text, answer }];
        }
        if (hasOwn(step.questions)) found = null;
      }
    }
  }
}

/** Questions of the agent's own: it looks again, with what was answered. */
function hasOwn(questions: readonly OpenQuestion[]): boolean {
  return questions.some(({ field }) => field === null);
}

async function begun(bench: GatedBench, bug: Bug): Promise<Ground> {
  const { run, tools, target } = bench;
  const { workspace } = target.opened ?? (await open(bench, { asItIs: false }));
  target.begun();
  const request = { bug: bug.state.bug_id, workspace, commit: target.tip };
  const { number, testCommand } = await step(run, target, `number of ${request.bug}`, (summary) =>
    tools.onHost(({ host }) => host.openBug.executeWithOptions({ summary }, [run.context, request])),
  );
  bug.named(bugSprintId(number));
  target.show();
  return { testCommand };
}

/** Asks the triage's agent, and once more where its answer cannot be read. */
async function lookedAt(bench: GatedBench, bug: Bug): Promise<Triage | Halt> {
  let about: PromptAbout = { kind: 'triage', answers: bug.said };
  for (let asks = 1; ; asks += 1) {
    const end = await callRole(bench, 'triage', about);
    if (end.outcome === 'time_up') return timeUp(bench);
    if (end.outcome === 'refused') return halting('triage', `it was refused: ${end.reason}`);
    if (end.outcome === 'failed') return halting('agent_failed', `the triage failed: ${end.detail}`);
    if (end.outcome === 'tampered') return halting('gate_error', end.detail);
    if (end.outcome !== 'answered') return halting('gate_error', 'the triage gave no answer of its own');
    const { triage, problems } = readTriage(end.answer);
    if (triage !== null) return triage;
    if (asks > 1) return halting('gate_error', `the answer of the triage cannot be read: ${problems.join('; ')}`);
    about = { kind: 'repair', by: 'triage', problems, answer: end.answer };
  }
}

async function weighed(bench: GatedBench, bug: Bug, found: Ground & { readonly triage: Triage }): Promise<TriageStep> {
  const { run, tools, target } = bench;
  const { workspace } = await opened(bench);
  const { confirmed, said } = bug;
  const request = { ...found, target: bug.target, workspace, commit: target.tip, confirmed, answered: said.length };
  return step(run, target, 'is it a bug?', (summary) =>
    tools.onHost(({ host }) => host.weighTriage.executeWithOptions({ summary }, [run.context, request])),
  );
}

/** Where a mistake would cost more than the bug, a person lets it go on, or nobody does. */
async function letBy(bench: GatedBench, bug: Bug): Promise<Halt | null> {
  const { run, target } = bench;
  if (bug.triage === null || bug.isLet) return null;
  const { action, message } = riskGate(riskOf(suspectedPaths(bug.triage)), target.input.mode, target.allowHigh);
  if (action === 'halt') return halting('risk', message);
  if (action === 'ask') {
    const answer = await asked(bench, { id: 'risk', text: `${message}\nFix it all the same?`, answers: ['yes', 'no'] });
    if (answer === null) return { kind: 'person', reason: run.haltWanted ?? '' };
    if (answer === 'no') return halting('risk', `${message}; a person said no`);
  }
  bug.isLet = true;
  if (message !== '') target.note(gateNote('risk', 'warning', message));
  return null;
}

function asked({ run, target }: GatedBench, question: Ask): Promise<string | null> {
  return askPerson(run, target, question);
}

function halting(reason: HaltReason, detail: string): HaltStep {
  return { kind: 'halt', reason, detail, trigger: null };
}

function timeUp({ target }: GatedBench): Halt {
  // A triage that has not ended can be halted as well.
  target.begun();
  return tripped(target);
}
