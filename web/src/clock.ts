// One signal that ticks each second, on central's time: ages stay right on a laptop whose clock is not.
import { signal } from '@preact/signals';

let offset = 0;

export const now = signal(Date.now());

export function currentTime(): number {
  return Date.now() + offset;
}

/** Takes central's Date header (whole seconds). Differences below two seconds are rounding, not skew. */
export function learnServerTime(dateHeader: string | null, sentAt: number, receivedAt: number): void {
  const server = dateHeader ? Date.parse(dateHeader) : NaN;
  if (Number.isNaN(server)) return;
  const difference = server + 500 - (sentAt + receivedAt) / 2;
  offset = Math.abs(difference) < 2000 ? 0 : difference;
}

export function startClock(): void {
  setInterval(() => {
    now.value = currentTime();
  }, 1000);
}
