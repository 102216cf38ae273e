import { readMarkdown } from './markdown.ts';
import type { DisqualifierKind } from './triage-record.ts';

/** What asks for something new: a feature, which belongs on the tracker and not into a bug run. */
const phrases: Readonly<Record<DisqualifierKind, readonly string[]>> = {
  endpoint: ['add endpoint', 'add api endpoint', 'add rest endpoint', 'new route', 'create api'],
  ui: ['add page', 'new screen', 'design', 'dark mode'],
  schema: ['add column', 'new table', 'migration'],
  architecture: ['microservice', 'new service'],
  config: ['add setting', 'new config'],
};

/** A sentence with one of these tells of a failure, and may name a thing without asking for it. */
const failureWord =
  /\b(?:crash\w*|fail\w*|error\w*|exceptions?|broken?|breaks?|bugs?|wrong\w*|incorrect\w*|throws?|threw|regress\w*|cannot|can['’]?t|does ?n['’]?t|do not|does not|not working|hangs?|freezes?|timeouts?|stack ?trace|overlaps?|unreadable|invisible)\b/i;

/** What begins a clause that asks for something: right before a thing it does, whatever else the sentence tells of. */
const asking = [
  String.raw`(?:^[\s\d.)*#>-]*|[,:;]\s+|\b(?:please|should|must)\s+)(?:add|build|create|implement|introduce|need|want|write|split(?:\s+\S+){0,3}\s+into)`,
  String.raw`\b(?:we|i)\s+(?:need|want)`,
].map((verb) => String.raw`${verb}\s+(?:(?:an?|another|some)\s+)?`);

/** The kinds of feature that a text asks for, in the table's order. Code in it asks for nothing. */
export function disqualifiersIn(text: string): DisqualifierKind[] {
  // A line that begins small goes on with the sentence of the one before it.
  const sentences = prose(text)
    .replace(/\n(?=[a-z])/g, ' ')
    .split(/(?<=[.!?;])\s+|\n+/);
  return rules
    .filter(({ asks, names }) =>
      sentences.some((sentence) => asks.test(sentence) || (names.test(sentence) && !failureWord.test(sentence))),
    )
    .map(({ kind }) => kind);
}

const rules = Object.entries(phrases).map(([kind, all]) => {
  const isAsked = (phrase: string) => /^(?:add|create) /.test(phrase);
  const named = all.filter((phrase) => !isAsked(phrase)).map(spaced);
  const asked = named.flatMap((name) => asking.map((verb) => `${verb}${name}`));
  return {
    kind: kind as DisqualifierKind,
    asks: anyOf([...all.filter(isAsked).map((phrase) => `\\b${spaced(phrase)}`), ...asked]),
    names: anyOf(named.map((name) => `\\b${name}`)),
  };
});

/** With `a`, `the`, `new` and the like between its words. */
function spaced(phrase: string): string {
  return phrase.replaceAll(' ', '[\\s-]+(?:(?:an?|the|this|that|new|another|some|more)\\s+){0,3}');
}

/** To the end of a word, singular or plural. */
function anyOf(all: readonly string[]): RegExp {
  return new RegExp(`(?:${all.join('|')})s?\\b`, 'i');
}

function prose(text: string): string {
  return readMarkdown(text)
    .outside.join('\n')
    .replace(/`[^`\n]*`/g, '')
    .replace(/^[ \t]+at .*$/gm, '')
    .replace(/\S+/g, (word) => (isPath(word) ? '' : word));
}

function isPath(word: string): boolean {
  const slash = word.indexOf('/');
  return slash === 0 || (slash > 0 && (word.includes('.') || word.includes('/', slash + 1)));
}
