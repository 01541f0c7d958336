import { expect, test } from 'vitest';
import { chooseZone } from './setting';
import { formatClock, formatDuration, formatLatency, formatMoment, formatOffset, formatZone, parseRange, parseTime } from './time';

const s = 1_000;
const m = 60 * s;
const h = 60 * m;

test('durations have at most two units', () => {
  expect([0, 999, 59 * s, m, 59 * m + 59 * s, h, h + 5 * m, 26 * h, 400 * 24 * h].map((ms) => formatDuration(ms, 'en'))).toEqual([
    '0s', '0s', '59s', '1m', '59m', '1h 00m', '1h 05m', '1d 2h', '400d 0h',
  ]);
  expect([12 * s, 4 * m, h + 5 * m, 27 * h].map((ms) => formatDuration(ms, 'zh'))).toEqual(['12 秒', '4 分钟', '1 小时 5 分', '1 天 3 小时']);
});

test('a moment that lies ahead, by a clock that is off, counts as now', () => {
  expect(formatDuration(-5 * s, 'en')).toBe('0s');
});

test('short spans keep a fraction, negative ones a minus sign', () => {
  expect([0, 35, 99.6, 400, 9_960, 12_000, -26, -4_310].map((ms) => formatLatency(ms, 'en'))).toEqual([
    '0 ms', '35 ms', '100 ms', '0.4 s', '10.0 s', '12s', '−26 ms', '−4.3 s',
  ]);
  expect(formatLatency(-0.3, 'en')).toBe('0 ms');
});

test('today is a clock, another day has its date', () => {
  const now = new Date(2026, 10, 24, 15, 0, 0).getTime();
  expect(formatMoment(new Date(2026, 10, 24, 9, 5, 7).getTime(), now, 'en')).toBe('09:05:07');
  expect(formatMoment(new Date(2026, 10, 23, 9, 5, 7).getTime(), now, 'en')).toBe('23 Nov 09:05:07');
  expect(formatMoment(new Date(2026, 10, 23, 9, 5, 7).getTime(), now, 'zh')).toBe('11月23日 09:05:07');
  expect(formatMoment(new Date(2025, 10, 24, 9, 5, 7).getTime(), now, 'en')).toContain('24 Nov');
});

test('clocks are in the zone that the reader chose, and say which', () => {
  const at = Date.UTC(2026, 10, 24, 23, 30, 7);
  expect([0, 480, 330, -210, -60].map(formatOffset)).toEqual(['UTC', 'UTC+8', 'UTC+5:30', 'UTC−3:30', 'UTC−1']);
  expect(formatZone(at)).toBe(formatOffset(-new Date(at).getTimezoneOffset()));
  chooseZone('utc');
  expect([formatClock(at, 'en'), formatZone(at)]).toEqual(['23:30:07', 'UTC']);
  chooseZone('local');
  expect(formatClock(new Date(2026, 10, 24, 9, 5, 7).getTime(), 'zh')).toBe('09:05:07');
});

test('what is no time is no time', () => {
  expect(parseTime('2026-01-01T00:00:00.000Z')).toBe(Date.UTC(2026, 0, 1));
  for (const text of ['', null, undefined, 'yesterday']) expect(parseTime(text)).toBeNull();
});

test('ranges are a number and a unit', () => {
  expect(parseRange('15m')).toBe(15 * m);
  expect(parseRange('7d')).toBe(7 * 24 * h);
  for (const text of ['', 'all', '1', 'h', '-1h', '1h ', '99999h', null]) expect(parseRange(text)).toBeNull();
});
