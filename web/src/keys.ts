// The keyboard: one table of keys, read by the matcher, the help page and the palette.

export const keyTable = [
  { keys: '/', action: 'filter', group: 'list' },
  { keys: 'j', action: 'down', group: 'list' },
  { keys: 'k', action: 'up', group: 'list' },
  { keys: 'Enter', action: 'open', group: 'list' },
  { keys: 'n', action: 'fresh', group: 'list' },
  { keys: 'Escape', action: 'close', group: 'list' },
  { keys: 'g f', action: 'goFleet', group: 'go' },
  { keys: 'g i', action: 'goIncidents', group: 'go' },
  { keys: 'g e', action: 'goEvents', group: 'go' },
  { keys: 'g c', action: 'goClusters', group: 'go' },
  { keys: 'g g', action: 'goGaps', group: 'go' },
  { keys: 'g k', action: 'goKnowledge', group: 'go' },
  { keys: 'g s', action: 'goStatus', group: 'go' },
  { keys: 'Ctrl-K', action: 'palette', group: 'page' },
  { keys: '?', action: 'help', group: 'page' },
] as const;

export type KeyAction = (typeof keyTable)[number]['action'];
export type KeyGroup = (typeof keyTable)[number]['group'];

export interface Press {
  key: string;
  ctrl: boolean;
  meta: boolean;
  alt: boolean;
}

/** A started sequence (`g`) is forgotten after this long. */
export const sequenceMs = 1_200;

function nameOf(press: Press): string {
  if ((press.ctrl || press.meta) && !press.alt && press.key.toLowerCase() === 'k') return 'Ctrl-K';
  if (press.ctrl || press.meta || press.alt) return '';
  if (press.key === 'ArrowDown') return 'j';
  if (press.key === 'ArrowUp') return 'k';
  return press.key;
}

/** Turns presses into actions. Pure but for the half-typed sequence it remembers. */
export class KeyMatcher {
  private prefix = '';
  private at = 0;

  feed(press: Press, now: number): KeyAction | null {
    const name = nameOf(press);
    if (!name) return null;
    const prefix = now - this.at <= sequenceMs ? this.prefix : '';
    this.prefix = '';
    const typed = prefix ? `${prefix} ${name}` : name;
    const row = keyTable.find((entry) => entry.keys === typed);
    if (row) return row.action;
    if (keyTable.some((entry) => entry.keys.startsWith(`${typed} `))) {
      this.prefix = typed;
      this.at = now;
    }
    return null;
  }
}

type Handler = () => void;
export type Handlers = Partial<Record<KeyAction, Handler>>;

const stack: Handlers[] = [];

/** The latest registered handler of an action wins, so that a drawer's Escape comes before its page's. */
export function pushKeys(handlers: Handlers): () => void {
  stack.push(handlers);
  return () => {
    stack.splice(stack.indexOf(handlers), 1);
  };
}

function runAction(action: KeyAction): boolean {
  for (let i = stack.length - 1; i >= 0; i -= 1) {
    const handler = stack[i]?.[action];
    if (handler) {
      handler();
      return true;
    }
  }
  return false;
}

const typing = 'input, textarea, select, [contenteditable="true"]';

/** While somebody types, only the keys that make no text act; Enter on a link or button is the browser's. */
export function reachesPage(action: KeyAction, target: Element | null): boolean {
  if (target?.closest(typing)) return action === 'palette';
  if (action === 'open') return !target?.closest('a, button, summary');
  return true;
}

export function startKeys(): void {
  const matcher = new KeyMatcher();
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const press = { key: event.key, ctrl: event.ctrlKey, meta: event.metaKey, alt: event.altKey };
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest(typing) && !event.ctrlKey && !event.metaKey) return;
    const action = matcher.feed(press, performance.now());
    if (action && reachesPage(action, target) && runAction(action)) event.preventDefault();
  });
}
