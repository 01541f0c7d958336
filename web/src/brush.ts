// What a drag over the histogram selects. Pure.
import type { Histogram } from './contract';

export interface Span {
  from: number;
  to: number;
}

/** Where the counts begin; null when there are none. */
export function firstCounted(histogram: Histogram): number | null {
  const at = histogram.items.findIndex((bucket) => bucket.total > 0);
  return at < 0 ? null : Date.parse(histogram.from) + at * histogram.step_ms;
}

/** The time at a place between 0 (left edge) and 1 (right edge). */
export function timeAt(histogram: Histogram, place: number): number {
  const from = Date.parse(histogram.from);
  const end = from + histogram.step_ms * histogram.items.length;
  return from + (end - from) * Math.min(1, Math.max(0, place));
}

export function bucketAt(histogram: Histogram, place: number): number {
  return Math.min(histogram.items.length - 1, Math.max(0, Math.floor(place * histogram.items.length)));
}

/** Whole buckets that a drag touched; null for a click without a drag. */
export function brushed(histogram: Histogram, start: number, end: number): Span | null {
  if (histogram.items.length === 0 || Math.abs(end - start) < 0.004) return null;
  const first = bucketAt(histogram, Math.min(start, end));
  const last = bucketAt(histogram, Math.max(start, end));
  const from = Date.parse(histogram.from);
  return { from: from + first * histogram.step_ms, to: from + (last + 1) * histogram.step_ms };
}
