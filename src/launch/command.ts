/** A program to be started: in a process group of its own, which can be ended as a whole. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it reads; left out: nothing. */
  readonly input?: string | Uint8Array;
  /** Of its output together. One that writes more is killed. */
  readonly maxBytes: number;
}

export interface CommandEnd {
  /** Of one that a signal ended, 128 and its number, as a shell tells it. */
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Whether it wrote more than it may; what it had written until then is there. */
  readonly cut: boolean;
}

export interface Running {
  /** When all that holds its output has ended too. Rejects, with the system's code, where it could not be started. */
  readonly ended: Promise<CommandEnd>;
  /** Signals its process group, once it has one. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** The system's refusal to start a program. */
export class NotStarted extends Error {
  /** `ENOENT`: there is no such program, or no such folder. */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.code = code;
  }
}
