// Series of a cluster as they are drawn. Pure.
import type { Series } from './contract';

/** True when each point counts what happened within a step of time, not at a moment. */
export function isCounted(series: Series): boolean {
  return series.series === 'events' && series.unit !== 'per_second';
}

/** Without the step that is not over at `until`: its count so far would look like a fall. */
export function wholeSteps(series: Series, until: number): Series {
  const [first, second] = series.points;
  const last = series.points.at(-1);
  if (!isCounted(series) || !first || !second || !last || last[0] + (second[0] - first[0]) <= until) return series;
  return { ...series, points: series.points.slice(0, -1) };
}
