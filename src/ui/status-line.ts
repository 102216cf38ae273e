import { cut, oneLine } from '../domain/text.ts';
import { paint } from './paint.ts';

/** A last line that is rewritten in place while lines scroll above it; without a terminal only the lines are there. */
export interface StatusLine {
  readonly live: boolean;
  show(text: string): void;
  print(text: string): void;
  close(): void;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export function openStatusLine(out: NodeJS.WriteStream): StatusLine {
  const live = Boolean(out.isTTY) && process.env.TERM !== 'dumb';
  let text = '';
  let frame = 0;
  const draw = () => {
    if (text !== '')
      out.write(
        `\r\u001b[2K${paint('cyan', frames[frame % frames.length] ?? '')} ${cut(oneLine(text), (out.columns || 80) - 4)}`,
      );
  };
  const erase = () => {
    if (live) out.write('\r\u001b[2K');
  };
  const timer = live
    ? setInterval(() => {
        frame += 1;
        draw();
      }, 120)
    : null;
  timer?.unref();
  return {
    live,
    show(next) {
      text = next;
      if (live) draw();
    },
    print(line) {
      erase();
      out.write(`${line}\n`);
      if (live) draw();
    },
    close() {
      if (timer) clearInterval(timer);
      erase();
    },
  };
}
