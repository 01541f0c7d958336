// Text from a cluster: isolated in direction, invisible characters shown, never read as markup.
import type { Maybe } from '../contract';
import { splitUntrusted } from '../untrusted';

/** Longer texts are cut here; the raw record has the whole. */
const shownMax = 20_000;

export function Untrusted({ text, max = shownMax }: { text: Maybe<string>; max?: number }) {
  const whole = text ?? '';
  const cut = whole.length > max ? `${whole.slice(0, max)}…` : whole;
  return (
    <bdi>
      {splitUntrusted(cut).map((piece) => (piece.marked ? <span class="marked">{piece.text}</span> : piece.text))}
    </bdi>
  );
}
