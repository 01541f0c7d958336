// Text that came from a cluster may hold terminal escapes, bidirectional overrides or invisible characters.
// It is split here so that the page can show such characters as marked code points instead of obeying them.

export interface Piece {
  text: string;
  /** The piece stands for a character that must be seen, not obeyed. */
  marked: boolean;
}

const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const controls = 'NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US'.split(' ');

function name(character: string): string {
  const code = character.charCodeAt(0);
  const control = controls[code];
  if (control) return control;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

export function splitUntrusted(text: string): Piece[] {
  if (text.search(hidden) < 0) return text ? [{ text, marked: false }] : [];
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(hidden)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index), marked: false });
    pieces.push({ text: name(found[0]), marked: true });
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), marked: false });
  return pieces;
}

/** One line for a tooltip, an option or a title, where no element can be put. */
export function plainUntrusted(text: string): string {
  return splitUntrusted(text).map((piece) => (piece.marked ? `⟨${piece.text}⟩` : piece.text)).join('');
}
