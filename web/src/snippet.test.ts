import { expect, test } from 'vitest';
import { plainSnippet, withoutTitle } from './snippet';

test('a snippet is the words, not the marks', () => {
  expect(plainSnippet("# Quota is used up\n\n`admission.quota`\n\nA **ResourceQuota** limits `pods`.\nThe controller", 'Quota is used up')).toBe('A ResourceQuota limits pods. The controller');
  expect(plainSnippet('Quota', 'Quota')).toBe('');
  expect(plainSnippet('# T\n\nIt is so.\n\n- one sign\n- another', 'T')).toBe('It is so.');
  expect(plainSnippet('- a list alone\n- of two', 'T')).toBe('a list alone');
});

test('a title that stands above the text is not told twice', () => {
  expect(withoutTitle('# Key missing\n\n`config.key-missing`\n\nThe key\n\n# Key missing\n', 'Key missing', 'config.key-missing')).toBe('The key\n\n# Key missing\n');
  expect(withoutTitle('# Other\n\ntext', 'Title', '')).toBe('# Other\n\ntext');
});
