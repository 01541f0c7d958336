// The part of Markdown that knowledge entries use, as a tree. No HTML passes: what looks like it stays text. Pure.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'emphasis'; inner: Inline[] }
  | { kind: 'link'; href: string; inner: Inline[] };

export type Block =
  | { kind: 'heading'; level: number; inner: Inline[] }
  | { kind: 'paragraph' | 'quote'; inner: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'rule' };

/** Only addresses that lead to a page; everything else (javascript:, data:, files) is shown as text. */
export function safeHref(href: string): string | null {
  const trimmed = href.trim();
  if (/^https?:\/\/[^\s]+$/i.test(trimmed)) return trimmed;
  return /^(\/(?!\/)|#)[^\s\\]*$/.test(trimmed) ? trimmed : null;
}

const depthMax = 6;

interface Rule {
  pattern: RegExp;
  make: (found: RegExpExecArray, depth: number) => Inline | null;
}

const rules: Rule[] = [
  // A picture would be fetched from elsewhere; it stays the text it is.
  { pattern: /^!\[[^\][]*\]\([^()\s]*\)/, make: (found) => ({ kind: 'text', text: found[0] }) },
  { pattern: /^(`+)([^`](?:.*?[^`])?|[^`])\1(?!`)/, make: (found) => ({ kind: 'code', text: (found[2] ?? '').trim() }) },
  {
    pattern: /^\[([^\][]*)\]\(([^()\s]+(?:\([^()\s]*\))?[^()\s]*)\)/,
    make: (found, depth) => {
      const href = safeHref(found[2] ?? '');
      return href === null ? null : { kind: 'link', href, inner: parseInline(found[1] ?? '', depth + 1) };
    },
  },
  { pattern: /^<(https?:\/\/[^\s<>]+)>/, make: (found) => ({ kind: 'link', href: found[1] ?? '', inner: [{ kind: 'text', text: found[1] ?? '' }] }) },
  { pattern: /^\*\*(?=\S)(.+?\S|\S)\*\*/, make: (found, depth) => ({ kind: 'strong', inner: parseInline(found[1] ?? '', depth + 1) }) },
  { pattern: /^\*(?=[^\s*])(.*?[^\s*])\*(?!\*)/, make: (found, depth) => ({ kind: 'emphasis', inner: parseInline(found[1] ?? '', depth + 1) }) },
];

export function parseInline(text: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  let plain = '';
  let at = 0;
  const flush = () => {
    if (plain) found.push({ kind: 'text', text: plain });
    plain = '';
  };
  while (at < text.length) {
    const special = text.slice(at).search(/[`![<*\\]/);
    if (special < 0 || depth > depthMax) break;
    plain += text.slice(at, at + special);
    at += special;
    if (text[at] === '\\' && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '')) {
      plain += text[at + 1];
      at += 2;
      continue;
    }
    const rest = text.slice(at);
    let taken = 0;
    for (const rule of rules) {
      const match = rule.pattern.exec(rest);
      const made = match && rule.make(match, depth);
      if (!match || !made) continue;
      flush();
      found.push(made);
      taken = match[0].length;
      break;
    }
    if (taken === 0) plain += text[at];
    at += Math.max(1, taken);
  }
  plain += text.slice(at);
  flush();
  return found;
}

const bullet = /^\s{0,3}[-*+]\s+/;
const numbered = /^\s{0,3}\d{1,4}[.)]\s+/;
const fence = /^\s{0,3}(```+|~~~+)/;
const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const quoted = /^\s{0,3}>\s?/;
const rule = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const row = /^\s*\|(.+)\|\s*$/;

function startsBlock(line: string): boolean {
  return [bullet, numbered, fence, heading, quoted, rule, row].some((pattern) => pattern.test(line));
}

class Reader {
  private at = 0;
  private readonly lines: string[];

  constructor(text: string) {
    this.lines = text.replace(/\r\n?/g, '\n').split('\n');
  }

  get done(): boolean {
    return this.at >= this.lines.length;
  }

  get line(): string {
    return this.lines[this.at] ?? '';
  }

  next(): string {
    const line = this.line;
    this.at += 1;
    return line;
  }

  /** Lines while the test holds, at least one. */
  while(test: (line: string) => boolean): string[] {
    const taken = [this.next()];
    while (!this.done && test(this.line)) taken.push(this.next());
    return taken;
  }
}

function readCode(reader: Reader): Block {
  const mark = fence.exec(reader.next())?.[1] ?? '```';
  const body: string[] = [];
  while (!reader.done && !reader.line.trim().startsWith(mark)) body.push(reader.next());
  if (!reader.done) reader.next();
  return { kind: 'code', text: body.join('\n') };
}

function readList(reader: Reader, ordered: boolean): Block {
  const pattern = ordered ? numbered : bullet;
  const items: string[] = [];
  while (!reader.done && reader.line.trim() !== '') {
    if (pattern.test(reader.line)) items.push(reader.next().replace(pattern, ''));
    else if (items.length > 0 && !startsBlock(reader.line)) items[items.length - 1] += ` ${reader.next().trim()}`;
    else break;
  }
  return { kind: 'list', ordered, items: items.map((item) => parseInline(item)) };
}

function readTable(reader: Reader): Block {
  const lines = reader.while((line) => row.test(line));
  const cells = lines.map((line) => (row.exec(line)?.[1] ?? '').split(/(?<!\\)\|/).map((cell) => parseInline(cell.trim())));
  const divided = /^[\s|:-]+$/.test(lines[1] ?? '');
  return { kind: 'table', head: divided ? (cells[0] ?? []) : [], rows: divided ? cells.slice(2) : cells };
}

function readBlock(reader: Reader): Block {
  const { line } = reader;
  const title = heading.exec(line);
  if (fence.test(line)) return readCode(reader);
  if (title) {
    reader.next();
    return { kind: 'heading', level: title[1]?.length ?? 1, inner: parseInline(title[2] ?? '') };
  }
  if (rule.test(line)) {
    reader.next();
    return { kind: 'rule' };
  }
  if (bullet.test(line)) return readList(reader, false);
  if (numbered.test(line)) return readList(reader, true);
  if (row.test(line)) return readTable(reader);
  if (quoted.test(line)) {
    const lines = reader.while((next) => quoted.test(next));
    return { kind: 'quote', inner: parseInline(lines.map((entry) => entry.replace(quoted, '')).join(' ')) };
  }
  const lines = reader.while((next) => next.trim() !== '' && !startsBlock(next));
  return { kind: 'paragraph', inner: parseInline(lines.map((entry) => entry.trim()).join(' ')) };
}

const charsMax = 200_000;

export function parseMarkdown(text: string): Block[] {
  const reader = new Reader(text.slice(0, charsMax));
  const blocks: Block[] = [];
  while (!reader.done) {
    if (reader.line.trim() === '') reader.next();
    else blocks.push(readBlock(reader));
  }
  return blocks;
}
