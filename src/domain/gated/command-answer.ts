/** What a command for scripts answers: what it prints, and its exit code. */
export interface CommandAnswer {
  readonly exitCode: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}
