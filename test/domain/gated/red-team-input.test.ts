import { expect, test } from '@jest/globals';
import { redTeamInput, securitySections } from '../../../src/domain/gated/red-team-input.ts';

const underlined =
  'Shop\n====\nintro\n\nSecurity\n--------\nPasswords are hashed.\n\n### Deep\nc\n\nColours\n-------\nBlue.\n';

test('a heading that is underlined speaks of security as well, and ends a section', () => {
  expect(securitySections(underlined)).toBe('Security\n--------\nPasswords are hashed.\n\n### Deep\nc');
  expect(redTeamInput({ design: underlined, diff: '+a', feedback: [] }, true).kind).toBe('ready');
});
