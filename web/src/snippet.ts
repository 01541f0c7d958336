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

/** The first paragraph as one line: headings, the code in its own line and marks go, lists and what follows them too. */
export function plainSnippet(markdown: string, title: string): string {
  const prose = markdown.split('\n').filter((line) => !/^\s*#{1,6}\s/.test(line) && !/^\s*`[\w.-]+`\s*$/.test(line));
  const list = prose.findIndex((line, at) => at > 0 && /^\s*[-*]\s/.test(line) && prose.slice(0, at).some((before) => before.trim() !== ''));
  return (list < 0 ? prose : prose.slice(0, list))
    .join(' ')
    .replace(/(\*\*|__|`)/g, '')
    .replace(/^\s*[-*]\s+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(title, '')
    .trim();
}
