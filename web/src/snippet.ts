// Markdown texts where their title and code stand beside them already. Pure.

/** The text without the title and the lone code that it begins with. */
export function withoutTitle(markdown: string, title: string, code: string): string {
  const lines = markdown.split('\n');
  const isHead = (line: string) => {
    const words = line.replace(/^\s*#{1,2}\s+/, '').replace(/[`*]/g, '').trim();
    return words === '' || words === title || (code !== '' && words === code);
  };
  let at = 0;
  while (at < lines.length && isHead(lines[at] ?? '')) at += 1;
  return lines.slice(at).join('\n');
}

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
