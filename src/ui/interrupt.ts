import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Interrupts {
  first(): void;
  second(): void;
}

export interface Interruptions {
  /** Who is told from now on; at once of what came before. */
  tell(who: Interrupts): void;
  /** Resolves when it is pressed twice, whoever is told. */
  readonly twice: Promise<void>;
  /** Gives the terminal back. */
  close(): void;
}

const ctrlC = 3;
const escapeKey = 27;

/** Catches Ctrl+C and ESC from now on. */
export function catchInterruptions(): Interruptions {
  let count = 0;
  let told: Interrupts | null = null;
  let pressedTwice = () => {};
  const twice = new Promise<void>((resolve) => {
    pressedTwice = resolve;
  });
  const pressed = () => {
    count += 1;
    if (count === 1) told?.first();
    else told?.second();
    if (count === 2) pressedTwice();
  };
  process.on('SIGINT', pressed);
  const unlisten = listenToKeys(pressed);
  return {
    twice,
    tell(who) {
      told = who;
      if (count > 0) who.first();
      if (count > 1) who.second();
    },
    close() {
      process.off('SIGINT', pressed);
      unlisten();
    },
  };
}

/** A terminal says ESC only in raw mode, where Ctrl+C is a key as well. */
function listenToKeys(pressed: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY || !isInForeground()) return () => {};
  const onData = (keys: Buffer) => {
    // Keys pressed in quick succession come together; an arrow key begins with ESC too, and is neither.
    if (keys.every((key) => key === ctrlC || key === escapeKey)) for (const _key of keys) pressed();
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  return () => {
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

/** Whether the terminal is ours to use: one that runs with `&` would be stopped (SIGTTOU) for changing its mode. */
function isInForeground(): boolean {
  const [group, terminals] = process.platform === 'linux' ? groupsFromProc() : groupsFromPs();
  return group === terminals;
}

function groupsFromProc(): (string | undefined)[] {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  // After the name in parentheses: state, ppid, pgrp, session, tty_nr, tpgid; see proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [fields[2], fields[5]];
}

function groupsFromPs(): (string | undefined)[] {
  return execFileSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], { encoding: 'latin1' })
    .trim()
    .split(/\s+/);
}
