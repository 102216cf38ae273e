import type { Readable } from 'node:stream';

/** The end of what a command prints, however much it is: a command that is not read any more would be killed by that. */
export class Tail {
  private readonly limit: number;
  private chunks: Buffer[] = [];
  private size = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  follow(stream: Readable | undefined): this {
    stream?.on('data', (chunk: Buffer) => this.add(chunk));
    return this;
  }

  get text(): string {
    return Buffer.concat(this.chunks).subarray(-this.limit).toString().trim();
  }

  private add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size <= 2 * this.limit) return;
    this.chunks = [Buffer.from(Buffer.concat(this.chunks).subarray(-this.limit))];
    this.size = this.limit;
  }
}
