// Which of the two overlays lies over the page, if any.
import { signal } from '@preact/signals';

export type Overlay = 'palette' | 'help';

export const overlay = signal<Overlay | null>(null);

export function openOverlay(which: Overlay): void {
  overlay.value = which;
}

export function closeOverlay(): void {
  overlay.value = null;
}
