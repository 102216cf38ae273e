import type { Command } from 'commander';

/** Takes a command's exit code. */
type Finish = (command: Promise<number>) => Promise<void>;

export function declareIssues(cli: Command, finish: Finish): void {
  const issue = cli.command('issue').description('add, list, show, close issues on the tracker');
  issue
    .command('add')
    .argument('[title]')
    .option('--title <text>')
    .option('--body <text>', 'or - for stdin')
    .option('--label <name...>')
    .option('--sprint <title>')
    .option('--order <n>')
    .action(async (title: string | undefined, options) =>
      finish((await import('./setup.ts')).runIssueAdd({ ...options, title: options.title ?? title })),
    );
  issue
    .command('list')
    .option('--sprint <title>')
    .option('--state <state>', 'open, closed or all')
    .option('--json')
    .action(async (options) => finish((await import('./setup.ts')).runIssueList(options)));
  issue
    .command('show')
    .argument('<number>')
    .option('--json')
    .action(async (number: string, options) =>
      finish((await import('./setup.ts')).runIssueShow({ ...options, number })),
    );
  issue
    .command('close')
    .argument('<number>')
    .action(async (number: string) => finish((await import('./setup.ts')).runIssueClose({ number })));
  const sprint = cli.command('sprint').description('add, list, choose sprints');
  sprint
    .command('add')
    .argument('<title>')
    .action(async (title: string) => finish((await import('./setup.ts')).runSprint('add', { title })));
  sprint
    .command('list')
    .option('--json')
    .action(async (options) => finish((await import('./setup.ts')).runSprint('list', options)));
  sprint
    .command('active')
    .argument('[title]')
    .action(async (title: string | undefined) => finish((await import('./setup.ts')).runSprint('active', { title })));
}

export function declareServer(cli: Command, finish: Finish): void {
  const sandbox = cli.command('sandbox').description('Docker Desktop sandboxes, one for each provider');
  for (const verb of ['create', 'rm'] as const) {
    sandbox
      .command(verb)
      .argument('<provider>', 'claude, codex or command')
      .action(async (provider: string) => finish((await import('./setup.ts')).runSandbox(verb, provider)));
  }
  sandbox
    .command('list')
    .alias('ls')
    .action(async () => finish((await import('./setup.ts')).runSandbox('list')));
  cli
    .command('up')
    .description('start the server and the worker in the background')
    .action(async () => finish((await import('./setup.ts')).runUp()));
  cli
    .command('down')
    .description('stop them; agents that work go on')
    .option('--agents', 'end the agents too')
    .action(async (options) => finish((await import('./setup.ts')).runDown(options)));
  cli
    .command('worker')
    .description('a worker in the foreground')
    .option(
      '--slots <number>',
      'how many workspaces of fleet runs it holds at once (default: one per core, at least 2)',
    )
    .option('--deployment <name>', 'version it: runs go to the current build of this Temporal deployment')
    .action(async (options) => finish((await import('./setup.ts')).runWorkerCommand(options)));
  cli
    .command('doctor')
    .description('what is missing, and how to mend it')
    .option('--json')
    .action(async (options) => finish((await import('./setup.ts')).runDoctor(options)));
  cli
    .command('demo')
    .description('see it work in a throwaway repository')
    .option('--keep', 'leave the repository and the server')
    .action(async (options) => finish((await import('./demo.ts')).demo(options)));
  cli
    .command('server', { hidden: true })
    .option('--fetch')
    .action(async (options) => finish((await import('./setup.ts')).runServer(options)));
}

/** For scripts: what a gated run itself asks before it does anything, and of what it is told. */
export function declareChecks(cli: Command, finish: Finish): void {
  cli
    .command('guard')
    .description('whether git or the tracker may be asked for something; exit code 0 yes, 1 no')
    .argument('[operation...]', 'see `locus guard help`')
    .helpOption(false)
    .allowUnknownOption()
    // As they were typed: a -d of theirs is not ours.
    .action(async () => {
      const words = process.argv.slice(process.argv.indexOf('guard') + 1);
      return finish((await import('./guard.ts')).guard(words, process.cwd()));
    });
  const check = cli.command('check').description('judge an answer or a text as gated runs do');
  check
    .command('verdict')
    .description("a reviewer's or auditor's answer: 0 consistent, 1 inconsistent, 2 no verdict")
    .argument('<file>', 'or - for stdin')
    .option('--gate <name>', 'review or audit; else by the name of the file')
    .option('--required', 'no verdict is inconsistent too')
    .action(async (file: string, options) => finish((await import('./check.ts')).verdict(file, options)));
  check
    .command('injection')
    .description('orders to a model in a text: 0 none, 1 detected')
    .argument('[file]', 'else stdin')
    .option('--threshold <score>', 'from 0 to 1')
    .action(async (file: string | undefined, options) =>
      finish((await import('./check.ts')).guardrail('injection', file, options)),
    );
  check
    .command('pii')
    .description('a text without personal data and credentials')
    .argument('[file]', 'else stdin')
    .option('--anonymize', 'home folders too')
    .option('--bug', 'as a bug report from outside')
    .action(async (file: string | undefined, options) =>
      finish((await import('./check.ts')).guardrail('pii', file, options)),
    );
  check
    .command('danger')
    .description('whether a role, or a level of danger, may go on: 0 yes, 1 no')
    .argument('[role]')
    .option('--level <level>', 'safe, moderate, high or critical')
    .option('--mode <mode>', 'autonomous or interactive')
    .option('--allow-high')
    .action(async (role: string | undefined, options) =>
      finish((await import('./check.ts')).guardrail('danger', role, options)),
    );
}
