export interface Interrupts {
  first(): void;
  second(): void;
}

const ctrlC = 3;
const escapeKey = 27;

/** Calls `first` at Ctrl+C or ESC, `second` when it comes again. Returns what undoes all of it. */
export function onInterrupt({ first, second }: Interrupts): () => void {
  let count = 0;
  const pressed = () => {
    count += 1;
    if (count === 1) first();
    else second();
  };
  process.on('SIGINT', pressed);
  const unlisten = listenToKeys(pressed);
  return () => {
    process.off('SIGINT', pressed);
    unlisten();
  };
}

/** A terminal says ESC only in raw mode, where Ctrl+C is a key as well. */
function listenToKeys(pressed: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
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
