// An agent of gated runs that does what a script tells it, by role and by how often that role was called.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const {
  E2E_LOG = '',
  LOCUS_ROLE = '',
  LOCUS_CYCLE = '',
  LOCUS_ATTEMPT = '',
  LOCUS_RUN = '',
  LOCUS_TASK = '',
} = process.env;
const folder = path.dirname(E2E_LOG);
const prompt = readFileSync(0, 'utf8');
const log = existsSync(E2E_LOG)
  ? readFileSync(E2E_LOG, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : [];
const turn = log.filter((note) => note.role === LOCUS_ROLE).length + 1;
appendFileSync(
  E2E_LOG,
  `${JSON.stringify({ role: LOCUS_ROLE, turn, cycle: Number(LOCUS_CYCLE), attempt: LOCUS_ATTEMPT, run: LOCUS_RUN, task: LOCUS_TASK, prompt, at: Date.now() })}\n`,
);

const script = JSON.parse(readFileSync(path.join(folder, 'script.json'), 'utf8'));
const steps = script[LOCUS_ROLE] ?? [];
// The last step is what every later turn does.
const step = steps[Math.min(turn, steps.length) - 1] ?? {};

for (const [file, text] of Object.entries(
  step.write ?? (LOCUS_ROLE === 'implementer' && !step.idle ? { [`work-${turn}.txt`]: `turn ${turn}\n` } : {}),
)) {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, text);
}
for (const file of step.remove ?? []) rmSync(file);
if (step.gate) while (!existsSync(path.join(folder, step.gate))) await delay(50);
if (step.exit) process.exit(step.exit);
console.log(
  step.text ??
    (LOCUS_ROLE === 'implementer'
      ? 'implemented it'
      : LOCUS_ROLE === 'triage'
        ? triaged()
        : LOCUS_ROLE === 'red-team'
          ? JSON.stringify({ findings: step.findings ?? [] })
          : judged()),
);

function triaged() {
  const found = {
    title: 'the cart loses items',
    class: 'logic_bug',
    severity: 'high',
    reproduction: { steps: ['add two items', 'reload'], failing_test: null },
    expected: 'two items',
    actual: 'one item',
    evidence: { stack_trace: [{ file: 'old.txt', line: 1 }] },
    suspected_files: [{ file: 'old.txt', lines: '1', confidence: 'high', reason: 'it keeps the items' }],
    strategy: 'keep them all',
    ...step.triage,
  };
  return `Found it.\n\n\`\`\`locus-triage\n${JSON.stringify(found)}\n\`\`\``;
}

function judged() {
  const gate = LOCUS_ROLE === 'reviewer' ? 'review' : 'audit';
  const findings = (step.findings ?? []).map((rule, index) => ({
    id: `F${index + 1}`,
    category: 'security',
    rule,
    file: 'a.ts',
    line: 11,
    severity: 'high',
    message: `about ${rule}`,
    fix: 'mend it',
  }));
  const counts = { critical: 0, high: findings.length, medium: 0, low: 0 };
  const verdict = findings.length > 0 ? 'CHANGES_REQUIRED' : 'APPROVED';
  const line = { gate, verdict, counts, sprint_id: 'x', ts: new Date().toISOString() };
  const first = findings.length > 0 ? 'Something is wrong' : 'All good';
  return `${first}\n\n\`\`\`locus-findings\n${JSON.stringify(findings)}\n\`\`\`\n\n<!-- LOCUS-VERDICT ${JSON.stringify(line)} -->`;
}
