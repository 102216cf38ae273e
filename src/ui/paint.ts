import { styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours a text where stdout is a terminal that wants colours. */
export function paint(style: Style, text: string): string {
  return wantsColour ? styleText(style, text) : text;
}

const wantsColour =
  (process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb') || Boolean(process.env.FORCE_COLOR);
