// Ctrl-K: type a few letters, go there or do it.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { offerCommands } from '../commands';
import { text } from '../i18n';
import { closeOverlay, overlay } from '../overlay';
import { Dialog } from './dialog';

export function Palette() {
  const t = text.value;
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const commands = offerCommands(typed);
  useLayoutEffect(() => input.current?.focus(), []);
  useEffect(() => list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }), [chosen]);

  const run = (index: number) => {
    const command = commands[index];
    if (!command) return;
    closeOverlay();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const count = Math.max(1, commands.length);
    if (event.key === 'ArrowDown' || (event.ctrlKey && event.key === 'n')) setChosen((chosen + 1) % count);
    else if (event.key === 'ArrowUp' || (event.ctrlKey && event.key === 'p')) setChosen((chosen - 1 + count) % count);
    else if (event.key === 'Enter' && !event.isComposing) run(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog
      label={t.header.palette}
      class="palette"
      close={() => {
        if (overlay.peek() === 'palette') closeOverlay();
      }}
    >
      <input
        ref={input}
        type="text"
        class="palette-input"
        placeholder={t.palette.placeholder}
        aria-label={t.header.palette}
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={commands[chosen] ? `command-${chosen}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul class="palette-list" id="palette-list" role="listbox" aria-label={t.header.palette} ref={list}>
        {commands.map((command, i) => (
          <li key={command.key} id={`command-${i}`} role="option" aria-selected={i === chosen} onClick={() => run(i)}>
            <span class="palette-group muted">{t.palette.groups[command.group]}</span>
            <span class="clip">{command.label}</span>
            <span class="muted clip palette-detail">{command.detail}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
