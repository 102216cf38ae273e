import { describe, expect, test } from '@jest/globals';
import { formatLocalDocument, parseLocalDocument } from '../../../src/trackers/local/document.ts';

const matter = parseLocalDocument('---\ntitle: One\n---\n').matter;

describe('a local issue', () => {
  const bodies = [
    ['nothing', ''],
    ['lines of dashes', '---\na: b\n---\n\n---'],
    ['our own delimiter', 'a\n<!-- locus:comment {"author":"x"} -->\nb'],
    ['our delimiter, already escaped', '<!-- \\locus:comment -->\n<!-- \\\\locus:comment -->'],
    ['indentation', '    code\n\n- list'],
    ['markers', '<!-- locus: run/task/done -->\ntext'],
  ] as const;
  for (const [what, body] of bodies) {
    test(`keeps ${what} in its body and its comments`, () => {
      const comments = [
        { author: 'a --> b', at: '2026-01-01T00:00:00Z', body },
        { author: 'locus', at: null, body },
      ];
      const again = parseLocalDocument(formatLocalDocument({ matter, body, comments }));
      expect(again.body).toBe(body);
      expect(again.comments).toEqual(comments);
    });
  }

  test('is written the same way after it was read', () => {
    const text = formatLocalDocument({ matter, body: 'x', comments: [{ author: 'a', at: null, body: 'y' }] });
    expect(formatLocalDocument(parseLocalDocument(text))).toBe(text);
  });
});
