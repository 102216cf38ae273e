import { printable } from '../domain/text.ts';
import { workflowUrl } from '../server/connection.ts';
import type { KeeperInfo } from '../server/keeper-file.ts';
import { paint } from '../ui/paint.ts';
import type { Evidence } from './evidence.ts';
import type { Place } from './place.ts';
import { issues, sprintTitle } from './repository.ts';
import type { Shown } from './show.ts';

export function introduction(): string {
  return [
    heading('Locus demo: three issues, a scripted agent, and a worker that is killed half-way'),
    'In a throwaway folder, with a Temporal server of its own. No account, no key; nothing of yours is touched.',
  ].join('\n');
}

export function repositoryMade({ repository }: Place): string {
  return [
    '',
    heading('A repository'),
    repository,
    `With a bare repository as its remote, and the sprint "${sprintTitle}" in its \`local\` tracker:`,
    ...issues.map(({ title }, index) => `  #${index + 1} ${title}`),
  ].join('\n');
}

export function runBegins(keeper: KeeperInfo, seconds: number): string {
  return [
    '',
    heading('$ locus run'),
    `Temporal ${keeper.address}, Web UI ${keeper.uiBase}  ${paint('dim', `started in ${seconds.toFixed(1)} s`)}`,
  ].join('\n');
}

/** What came of it, where a person would look for it. */
export function outcome(shown: Shown): string {
  const { commits, changes, pull } = shown;
  return [
    '',
    heading('What came of it'),
    paint('dim', `$ git log --oneline main..${pull?.head ?? ''}   (on the remote)`),
    ...commits.map((line) => `  ${printable(line)}`),
    paint('dim', `  ${changes}`),
    '',
    ...(pull === null
      ? []
      : [
          paint('dim', `pull request #${pull.number}, ${pull.head} into ${pull.base}`),
          `  ${paint('bold', pull.title)}`,
          '',
          ...indented(pull.body),
          '',
        ]),
    ...summary(shown),
  ].join('\n');
}

function summary({ agentStarts, kill }: Evidence): string[] {
  const cost =
    agentStarts === issues.length ? 'the death of the worker cost no second one' : 'there should be one for each';
  const starts = `agent starts: ${agentStarts} for ${issues.length} tasks (${cost})`;
  if (typeof kill === 'string') return [starts];
  const followed = kill.followed ? `followed the same agent, ${kill.agent}` : 'took the finished work over';
  return [starts, `workers:      ${kill.worker} was killed, ${kill.nextWorker} ${followed}`];
}

export function link(keeper: KeeperInfo, runId: string, staysUp: boolean): string {
  const note = staysUp ? '' : ' (it ends with the demo now; `locus demo --keep` leaves it up)';
  return [
    '',
    heading('The run in the Temporal Web UI') + note,
    `  ${workflowUrl(keeper, runId) ?? keeper.uiBase}`,
  ].join('\n');
}

export function tryYourself(hasLocus: boolean): string {
  const commands = [
    ...(hasLocus ? [] : [['npm link', 'here, once: puts `locus` on your PATH']]),
    ['locus init', 'in your repository: finds GitHub, the base branch, your agent'],
    ['locus run 42', 'works on issue 42; `locus run` on the active sprint'],
  ];
  const lines = commands.map(([command = '', what = '']) => `  ${paint('cyan', command.padEnd(14))}${what}`);
  return ['', heading('Try it on your own repository'), ...lines].join('\n');
}

export function wentWrong(problems: readonly string[]): string {
  return ['', 'error: the demo did not go as it should', ...problems.map((problem) => `  ${problem}`)].join('\n');
}

export function kept({ folder, stateDir }: Place, cli: string): string {
  const locus = `LOCUS_STATE_DIR=${quoted(stateDir)} node ${quoted(cli)}`;
  return [
    '',
    `Kept in ${folder}, with the server. Look around there:`,
    `  ${locus} runs`,
    'End it and remove it with:',
    `  ${locus} down --agents && rm -rf ${quoted(folder)}`,
  ].join('\n');
}

/** For a shell: the temporary folder's name is the user's choice. */
function quoted(file: string): string {
  return /^[\w@%+=:,./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
}

function indented(text: string): string[] {
  return printable(text)
    .trim()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`));
}

function heading(text: string): string {
  return paint('bold', text);
}
