// The filter language of the lists: `ns:shop reason:BackOff -type:Normal "connection refused"`.
// A list describes its keys in a Schema; parsing, completion, matching and the request's parameters follow from it.

export interface Term {
  /** Canonical key; empty for free text. */
  key: string;
  value: string;
  negative: boolean;
  start: number;
  end: number;
}

export interface Problem {
  kind: 'unknown-key' | 'open-quote' | 'empty-value';
  text: string;
  /** The nearest known key, when one is near. */
  hint: string;
}

export interface Filter {
  terms: Term[];
  problems: Problem[];
}

export interface KeySpec<T> {
  key: string;
  aliases?: readonly string[];
  /** The request parameter that filters by this key; absent when only the page can. */
  param?: string;
  /** The item's values for this key. */
  of: (item: T) => readonly (string | null | undefined)[];
  /** Values that are known beforehand. */
  values?: readonly string[];
  /** True for values the server does not know by this name, so that the page has to filter. */
  local?: (value: string) => boolean;
}

export interface Schema<T> {
  keys: readonly KeySpec<T>[];
  /** What free text is searched in. */
  text: (item: T) => readonly (string | null | undefined)[];
  textParam?: string;
}

function keySpec<T>(schema: Schema<T>, name: string): KeySpec<T> | undefined {
  const lower = name.toLowerCase();
  return schema.keys.find((spec) => spec.key === lower || spec.aliases?.includes(lower));
}

interface Token {
  negative: boolean;
  key: string;
  value: string;
  quoted: boolean;
  open: boolean;
  start: number;
  end: number;
}

const keyPattern = /^[A-Za-z_]+$/;

function readValue(text: string, from: number): { value: string; end: number; quoted: boolean; open: boolean } {
  if (text[from] !== '"') {
    let end = from;
    while (end < text.length && !/\s/.test(text[end] ?? '')) end += 1;
    return { value: text.slice(from, end), end, quoted: false, open: false };
  }
  let value = '';
  let at = from + 1;
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    value += text[at];
    at += 1;
  }
  return { value, end: Math.min(at + 1, text.length), quoted: true, open: at >= text.length };
}

function readToken(text: string, start: number): Token {
  const negative = text[start] === '-' && start + 1 < text.length && !/\s/.test(text[start + 1] ?? '');
  const from = negative ? start + 1 : start;
  let colon = from;
  while (colon < text.length && /[A-Za-z_]/.test(text[colon] ?? '')) colon += 1;
  if (text[colon] === ':' && keyPattern.test(text.slice(from, colon))) {
    const read = readValue(text, colon + 1);
    return { negative, key: text.slice(from, colon), start, ...read };
  }
  return { negative, key: '', start, ...readValue(text, from) };
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? '')) {
      at += 1;
      continue;
    }
    const token = readToken(text, at);
    found.push(token);
    at = Math.max(token.end, at + 1);
  }
  return found;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function nearestKey<T>(schema: Schema<T>, name: string): string {
  let best = '';
  let bestDistance = 3;
  for (const spec of schema.keys) {
    for (const candidate of [spec.key, ...(spec.aliases ?? [])]) {
      const d = distance(name.toLowerCase(), candidate);
      if (d < bestDistance) {
        bestDistance = d;
        best = spec.key;
      }
    }
  }
  return best;
}

/** Never fails: what makes no sense is reported in `problems` and left out of the terms. */
export function parseFilter<T>(schema: Schema<T>, text: string): Filter {
  const filter: Filter = { terms: [], problems: [] };
  for (const token of tokens(text)) {
    const shown = text.slice(token.start, token.end);
    if (token.open) filter.problems.push({ kind: 'open-quote', text: shown, hint: '' });
    const spec = token.key ? keySpec(schema, token.key) : undefined;
    if (token.key && !spec) {
      filter.problems.push({ kind: 'unknown-key', text: token.key, hint: nearestKey(schema, token.key) });
    } else if (token.value === '') {
      if (token.key) filter.problems.push({ kind: 'empty-value', text: shown, hint: '' });
    } else {
      filter.terms.push({
        key: spec?.key ?? '',
        value: token.value,
        negative: token.negative,
        start: token.start,
        end: token.end,
      });
    }
  }
  return filter;
}

export function quote(value: string): string {
  return value === '' || /[\s"\\]/.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value;
}

export function formatTerm(key: string, value: string, negative = false): string {
  const bare = key ? `${key}:${quote(value)}` : /^-|:/.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : quote(value);
  return (negative ? '-' : '') + bare;
}

/** Adds a term, or replaces the positive terms of its key; the rest of the text stays as typed. */
export function withTerm<T>(schema: Schema<T>, text: string, key: string, value: string, negative = false): string {
  let left = text;
  const old = parseFilter(schema, text).terms.filter((term) => term.key === key && term.negative === negative);
  for (const term of old.reverse()) {
    if (negative && term.value !== value) continue;
    left = left.slice(0, term.start) + left.slice(term.end);
  }
  return `${left.replace(/\s+/g, ' ').trim()} ${formatTerm(key, value, negative)}`.trim();
}

export function withoutKey<T>(schema: Schema<T>, text: string, key: string): string {
  let left = text;
  for (const term of parseFilter(schema, text).terms.filter((entry) => entry.key === key).reverse()) {
    left = left.slice(0, term.start) + left.slice(term.end);
  }
  return left.replace(/\s+/g, ' ').trim();
}

/** What the server filters by, and the terms that remain for the page. */
export function requestOf<T>(schema: Schema<T>, filter: Filter): { params: Record<string, string>; local: Term[] } {
  const params: Record<string, string> = {};
  const local: Term[] = [];
  for (const term of filter.terms) {
    const alone = filter.terms.filter((other) => other.key === term.key && !other.negative).length === 1;
    const spec = term.key ? keySpec(schema, term.key) : undefined;
    const param = term.key ? spec?.param : schema.textParam;
    if (term.negative || !alone || !param || isPrefix(term) || spec?.local?.(term.value)) local.push(term);
    else params[param] = term.value;
  }
  return { params, local };
}

/** `name:cart*` finds `cart-7d9f` too. */
function isPrefix(term: Term): boolean {
  return term.key !== '' && term.value.length > 1 && term.value.endsWith('*');
}

function howOf(term: Term): How {
  if (!term.key) return 'part';
  return isPrefix(term) ? 'prefix' : 'same';
}

type How = 'same' | 'prefix' | 'part';

function has(values: readonly (string | null | undefined)[], wanted: string, how: How): boolean {
  const lower = (how === 'prefix' ? wanted.slice(0, -1) : wanted).toLowerCase();
  return values.some((value) => {
    if (!value) return false;
    const text = value.toLowerCase();
    if (how === 'same') return text === lower;
    return how === 'prefix' ? text.startsWith(lower) : text.includes(lower);
  });
}

/** Terms of one key are alternatives, different keys and free words must all hold, a negative term must not. */
export function matches<T>(schema: Schema<T>, terms: readonly Term[], item: T): boolean {
  const wanted = new Map<string, boolean>();
  for (const term of terms) {
    const spec = term.key ? keySpec(schema, term.key) : undefined;
    const hit = has(spec ? spec.of(item) : schema.text(item), term.value, howOf(term));
    if (term.negative) {
      if (hit) return false;
    } else if (term.key) {
      wanted.set(term.key, hit || (wanted.get(term.key) ?? false));
    } else if (!hit) return false;
  }
  return [...wanted.values()].every(Boolean);
}

export interface Completion {
  /** The part of the text that an accepted item replaces. */
  from: number;
  to: number;
  items: { insert: string; label: string; detail: string }[];
}

const completionsMax = 12;

/** What could stand at the caret: keys, or the values seen for a key, best first. */
export function complete<T>(
  schema: Schema<T>,
  text: string,
  caret: number,
  seen: (key: string) => ReadonlyMap<string, number>,
): Completion {
  const token = tokens(text).find((entry) => entry.start < caret && caret <= entry.end);
  const start = token ? token.start + (token.negative ? 1 : 0) : caret;
  const typed = text.slice(start, caret);
  const colon = token?.key ? typed.indexOf(':') : -1;
  if (colon < 0) {
    const items = schema.keys
      .filter((spec) => [spec.key, ...(spec.aliases ?? [])].some((name) => name.startsWith(typed.toLowerCase())))
      .map((spec) => ({ insert: `${spec.key}:`, label: `${spec.key}:`, detail: (spec.aliases ?? []).join(', ') }));
    return { from: start, to: token?.end ?? caret, items: items.slice(0, completionsMax) };
  }
  const spec = keySpec(schema, typed.slice(0, colon));
  if (!spec) return { from: start, to: token?.end ?? caret, items: [] };
  const wanted = typed.slice(colon + 1).replace(/^"/, '').toLowerCase();
  const counts = seen(spec.key);
  const values = new Set([...(spec.values ?? []), ...counts.keys()]);
  const items = [...values]
    .filter((value) => value && value.toLowerCase().includes(wanted))
    .sort((a, b) => Number(b.toLowerCase().startsWith(wanted)) - Number(a.toLowerCase().startsWith(wanted)) || (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || a.localeCompare(b))
    .map((value) => ({ insert: `${formatTerm(spec.key, value)} `, label: value, detail: counts.has(value) ? `×${counts.get(value)}` : '' }));
  return { from: start, to: token?.end ?? caret, items: items.slice(0, completionsMax) };
}
