// A few words of a Markdown text for a list, without its marks. Pure.

/** Headings, the code in its own line and marks go; what is left is one line. */
export function plainSnippet(markdown: string, title: string): string {
  return markdown
    .split('\n')
    .filter((line) => !/^\s*#{1,6}\s/.test(line) && !/^\s*`[\w.-]+`\s*$/.test(line))
    .join(' ')
    .replace(/(\*\*|__|`)/g, '')
    .replace(/^\s*[-*]\s+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(title, '')
    .trim();
}
