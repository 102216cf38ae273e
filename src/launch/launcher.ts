import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, type CommandEnd, NotStarted, type Running } from './command.ts';
import { killGroup, startDirectly, startForGoodDirectly } from './direct.ts';

/** What the launcher is told. `forGood`: the command outlives us all, and nothing of it is read. */
export interface Order {
  readonly id: number;
  readonly command: Command;
  readonly forGood: boolean;
}

/** What it tells: the pid of a command that takes a while, that one has ended, or that it could not be started. */
export type News =
  | { readonly id: number; readonly pid: number | undefined }
  | { readonly id: number; readonly end: CommandEnd }
  | { readonly id: number; readonly refusal: { readonly message: string; readonly code: string | undefined } };

interface Waiting {
  /** Known of one that takes a while; never of one that was started for good, which nobody is to end. */
  group?: number | undefined;
  started(pid: number | undefined): void;
  ended(end: CommandEnd): void;
  failed(error: Error): void;
}

/** For a launcher to say that it has started what is to be ended. */
const patienceMs = 5000;

let launcher: Launcher | null = null;

/**
 * From now on programs are started by a small process of our own. A worker has hundreds of megabytes, and the system
 * copies its page tables for each program that it starts: 5 to 9 ms of its only thread, a dozen times a task.
 */
export function useLauncher(): void {
  launcher ??= new Launcher();
}

/** Starts a program in a process group of its own. */
export function start(command: Command): Running {
  return launcher && !launcher.broken ? launcher.start(command) : startDirectly(command);
}

/** Starts a program that outlives us, in a session of its own. Resolves when it runs. */
export async function startForGood(command: Omit<Command, 'input' | 'maxBytes'>): Promise<void> {
  const whole = { ...command, maxBytes: 0 };
  await (launcher && !launcher.broken ? launcher.startForGood(whole) : startForGoodDirectly(whole));
}

class Launcher {
  private readonly waiting = new Map<number, Waiting>();
  private process: ChildProcess | null = null;
  private last = 0;
  private heard = false;
  /** One that cannot even begin, after an upgrade under our feet say, is not tried again. */
  broken = false;

  start(command: Command): Running {
    let started: (pid: number | undefined) => void = () => {};
    const pid = new Promise<number | undefined>((resolve) => {
      started = resolve;
    });
    const ended = new Promise<CommandEnd>((resolve, reject) => {
      this.order(command, false, { started, ended: resolve, failed: reject });
    });
    const kill = (signal: 'SIGTERM' | 'SIGKILL') => {
      const unheard = setTimeout(() => this.process?.kill('SIGKILL'), patienceMs);
      const settled = () => clearTimeout(unheard);
      void pid.then((group) => killGroup(group, signal)).then(settled);
      void ended.then(settled, settled);
    };
    return { ended, kill };
  }

  /** Where the launcher is lost in between, by us: whatever is started for good makes sure itself that there is one of it. */
  async startForGood(command: Command): Promise<void> {
    const end = await new Promise<CommandEnd>((resolve, reject) => {
      this.order(command, true, { started: () => {}, ended: resolve, failed: reject });
    });
    if (end.exitCode !== 0) await startForGoodDirectly(command);
  }

  private order(command: Command, forGood: boolean, waiting: Waiting): void {
    this.last += 1;
    const order: Order = { id: this.last, command, forGood };
    this.waiting.set(order.id, waiting);
    const child = this.living();
    child.channel?.ref();
    // One that is gone is told by its exit.
    child.send(order, () => {});
  }

  private living(): ChildProcess {
    if (this.process !== null) return this.process;
    const main = fileURLToPath(new URL(`./launcher-main${import.meta.url.slice(-3)}`, import.meta.url));
    const child = fork(main, [], {
      serialization: 'advanced',
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Ours may have been removed; and two processes cannot be debugged on one port.
      cwd: path.dirname(main),
      execArgv: process.execArgv.filter((word) => !word.startsWith('--inspect')),
    });
    child.on('message', (news: News) => this.hear(news));
    child.once('error', () => this.lost(child));
    child.once('disconnect', () => this.lost(child));
    // It ends with us, and keeps us from ending only while something is waited for.
    child.unref();
    this.process = child;
    return child;
  }

  private hear(news: News): void {
    const waiting = this.waiting.get(news.id);
    this.heard = true;
    if ('pid' in news) {
      if (waiting) waiting.group = news.pid;
      waiting?.started(news.pid);
      return;
    }
    this.waiting.delete(news.id);
    if (this.waiting.size === 0) this.process?.channel?.unref();
    if ('end' in news) waiting?.ended(news.end);
    else waiting?.failed(new NotStarted(news.refusal.message, news.refusal.code));
  }

  /** Nobody would hear the end of what it had started: that is killed, and told so. The next command starts a new one. */
  private lost(child: ChildProcess): void {
    if (this.process !== child) return;
    this.process = null;
    this.broken = !this.heard;
    // Stopped, it may only have closed its ears.
    child.kill('SIGKILL');
    const nothing = new Uint8Array();
    for (const waiting of this.waiting.values()) {
      killGroup(waiting.group, 'SIGKILL');
      waiting.ended({ exitCode: 137, stdout: nothing, stderr: nothing, cut: false });
    }
    this.waiting.clear();
  }
}
