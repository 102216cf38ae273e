#!/usr/bin/env node
import { inspect } from 'node:util';
import { Command, CommanderError, Option } from 'commander';
import { declareChecks, declareIssues, declareServer } from './commands/declared.ts';
import { failureKinds, LocusFailure } from './domain/failures.ts';
import { printable } from './domain/text.ts';
import { locusVersion } from './server/version.ts';

const usageError = 2;

/** Declares the commands; each is loaded when it is called. */
function program(): Command {
  const cli = new Command('locus')
    .description('Turns issues into pull requests by driving AI coding agents, and never loses work.')
    .version(locusVersion(), '-V, --version')
    .option('-d, --debug', 'say more when something goes wrong')
    .helpOption('-h, --help')
    .addHelpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  cli
    .command('init')
    .description('set this repository up')
    .option('--owner <name>')
    .option('--repo <name>')
    .option('--base <branch>')
    .option('--provider <name>', 'claude, codex or command')
    .option('--command <program...>', 'for provider command: its program and arguments')
    .option('--tracker <name>', 'github or local')
    .option('-y, --yes', 'never ask')
    .action(async (options) => finish((await import('./commands/setup.ts')).runInit(options)));
  cli
    .command('run')
    .description('work on the active sprint, on one issue, or on several side by side')
    .argument('[issue...]', 'issue numbers; with --gated one issue or sprint-N; sprint-plan')
    .option('-m, --model <name>')
    .option('--sprint <title>')
    .option('--resume', 'go on after a halt or a failure')
    .option('--dry-run', 'show what would be done')
    .option('--detach', 'start and return')
    .option('--wait', 'wait for the end; Ctrl+C leaves the run alone')
    .option('--json', 'one JSON object per line')
    .option('--fresh', 'end a halted run and start anew')
    .option('--force', 'run done issues again')
    .option('--sandbox <mode>', 'require: refuse to run without one')
    .option('--no-sandbox', 'run unconfined')
    .option('--gated', 'implement, review and audit one target in cycles, up to a draft pull request')
    .option('--max-cycles <n>', 'gated: most cycles')
    .option('--timeout <hours>', 'gated: longest time')
    .option('--branch <name>', 'gated: the branch to work on')
    .option('--local', 'gated: push nothing')
    .option('--confirm-push', 'gated: ask before a push')
    .option('--autonomous', 'gated: ask nobody on the way')
    .option('--allow-high', 'gated: let what is of high danger go on')
    .option('--reset-breaker', 'with --resume: count anew')
    .addOption(new Option('--reset-ice').hideHelp())
    .option('--probe', 'with --resume: one more cycle')
    .option('--from <n>', 'sprint-plan: the first sprint')
    .option('--to <n>', 'sprint-plan: the last sprint')
    .option('--no-consolidate', 'sprint-plan: a draft for each sprint')
    .option('--bug [text]', 'fix a bug test first, through the same gates; - for stdin')
    .option('--from-issue <n>', 'with --bug: the issue that tells of it')
    .action(async (issues: string[], options) => {
      const given = { ...options, cwd: process.cwd(), issues };
      const { isGated } = await import('./commands/gated/flags.ts');
      const start = isGated(given)
        ? (await import('./commands/gated/run.ts')).runGated
        : (await import('./commands/run.ts')).run;
      return finish(start(given));
    });
  cli
    .command('status')
    .description('what goes on')
    .argument('[run]')
    .option('--json')
    .option('--verbose', 'cycles, trips and deleted files of a gated run')
    .action(async (run: string | undefined, options) =>
      finish((await import('./commands/status.ts')).status({ ...options, run })),
    );
  cli
    .command('runs')
    .description('the latest runs')
    .option('--json')
    .action(async (options) => finish((await import('./commands/status.ts')).runs(options)));
  cli
    .command('logs')
    .description("an agent's output")
    .argument('[run]')
    .option('-f, --follow')
    .option('--issue <number>')
    .option('--audit', 'what the guardrails of a gated run did')
    .action(async (run: string | undefined, options) =>
      finish((await import('./commands/logs.ts')).logs({ ...options, run })),
    );
  cli
    .command('halt')
    .description('end the agents, keep their work, wait')
    .argument('[run]')
    .option('--reason <text>')
    .option('--force', 'kill the agents at once, give up a step that does not let go')
    .action(async (run: string | undefined, options) =>
      finish((await import('./commands/steer.ts')).halt({ ...options, run })),
    );
  cli
    .command('resume')
    .description('let a halted run go on')
    .argument('[run]')
    .option('--reset-breaker', 'gated: with the circuit breaker as at the start')
    .addOption(new Option('--reset-ice').hideHelp())
    .option('--probe', 'gated: one more cycle, to see whether it may go on')
    .option('--force', 'gated: although its branch has moved, or its breaker is open')
    .option('--branch <name>', 'gated: only where it works on this branch')
    .option('--allow-high', 'gated: let what is of high danger go on')
    .action(async (run: string | undefined, options) =>
      finish((await import('./commands/steer.ts')).resume({ ...options, run })),
    );
  cli
    .command('answer')
    .description('answer what a gated run asks')
    .argument('<run-or-value>', 'the run; left out where only one asks')
    .argument('[value]', 'push, keep, yes, no, or a text')
    .option('--question <number>', 'only where it asks this one; the run and `locus status` show it')
    .action(async (first: string, second: string | undefined, options) => {
      const said = second === undefined ? { value: first } : { run: first, value: second };
      return finish((await import('./commands/steer.ts')).answerTo({ ...options, ...said }));
    });
  cli
    .command('stop')
    .description('end a run for good')
    .argument('[run]', 'left out where one of this repository is in progress')
    .option('--reason <text>')
    .action(async (run: string | undefined, options) =>
      finish((await import('./commands/steer.ts')).stop({ ...options, run })),
    );
  cli
    .command('open')
    .description('the run in the Temporal Web UI')
    .argument('[run]')
    .option('--print', 'only print the address')
    .action(async (run: string | undefined, options) =>
      finish((await import('./commands/setup.ts')).runOpen({ ...options, run })),
    );
  declareIssues(cli, finish);
  declareServer(cli, finish);
  declareChecks(cli, finish);
  return cli;
}

async function finish(command: Promise<number>): Promise<void> {
  process.exitCode = await command;
}

async function main(): Promise<void> {
  const debug = process.argv.some((argument) => argument === '-d' || argument === '--debug');
  try {
    await program().parseAsync();
  } catch (error) {
    process.exitCode = explain(error, debug);
  }
  process.exit();
}

/** One clear line, and what to do; a stack only for what nobody foresaw. */
function explain(error: unknown, debug: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // No command was named: its help was all there is to say.
    if (error.code === 'commander.help') return usageError;
    say(`${error.message}; see \`locus --help\``);
    return usageError;
  }
  if (error instanceof LocusFailure) {
    say(`error: ${error.message}\n  ${error.details.remedy ?? failureKinds[error.type].remedy}`);
    if (debug) say(inspect(error));
    return failureKinds[error.type].exitCode;
  }
  if (error instanceof Error && error.name === 'ServiceError') {
    const why = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    say(`error: the Temporal server refused: ${error.message}${why}\n  ${failureKinds.ServerUnavailable.remedy}`);
    if (debug) say(inspect(error));
    return failureKinds.ServerUnavailable.exitCode;
  }
  say(inspect(error));
  console.error('error: this is a fault in locus itself; please report it with the lines above');
  return 1;
}

/** Titles, paths and what servers answer may hold escape sequences, which are not for the terminal to obey. */
function say(text: string): void {
  console.error(printable(text));
}

await main();
