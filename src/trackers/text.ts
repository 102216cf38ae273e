/** Whether a comment carries our marker. Quotes do not count: people answer a comment by quoting it. */
export function holdsMarker(body: string, marker: string): boolean {
  return body.split('\n').some((line) => line.includes(marker) && !line.trimStart().startsWith('>'));
}

/** Trackers may give back other line ends, and no blanks at the ends. */
export function sameText(a: string, b: string): boolean {
  return a.replaceAll('\r\n', '\n').trim() === b.replaceAll('\r\n', '\n').trim();
}
