/** Titles that have broken something before, or could. */
export const oddTitles: readonly string[] = [
  '$(touch /tmp/locus-was-here)',
  '`touch /tmp/locus-was-here`; rm -rf "$HOME"',
  'It\'s "quoted" \\ and \\"escaped\\"',
  'first line\nsecond line\r\n\tthird',
  '🚀🚀 emoji 👩‍👩‍👧 family',
  'x'.repeat(300),
  '🚀'.repeat(300),
  '../../etc/passwd',
  '-rf --force',
  '\u0000\u001b[31mred\u001b[0m \u202Eevil',
  '   ',
  '.lock',
  'half a character \ud83d',
];
