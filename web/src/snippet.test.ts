import { expect, test } from 'vitest';
import { plainSnippet } from './snippet';

test('a snippet is the words, not the marks', () => {
  expect(plainSnippet("# Quota is used up\n\n`admission.quota`\n\nA **ResourceQuota** limits `pods`.\nThe controller", 'Quota is used up')).toBe('A ResourceQuota limits pods. The controller');
  expect(plainSnippet('Quota', 'Quota')).toBe('');
});
