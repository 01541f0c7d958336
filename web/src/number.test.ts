import { expect, test } from 'vitest';
import { formatBytes, formatConfidence, formatCount, formatCpu, formatPercent, formatRate } from './number';

test('absent is a dash and never 0', () => {
  for (const format of [formatBytes, formatConfidence, formatCount, formatCpu, formatPercent, formatRate]) {
    expect(format(null, 'en')).toBe('–');
    expect(format(undefined, 'zh')).toBe('–');
    expect(format(0, 'en')).not.toBe('–');
  }
});

test('counts are grouped, rates have one digit while they are small', () => {
  expect(formatCount(1_204_331, 'en')).toBe('1,204,331');
  expect([0.04, 41.25, 412.6].map((rate) => formatRate(rate, 'en'))).toEqual(['0.0', '41.3', '413']);
});

test('bytes go by 1024, cores by 1000', () => {
  expect([0, 1023, 1024, 1536, 268_435_456, 2 ** 60].map((n) => formatBytes(n, 'en'))).toEqual(['0 B', '1,023 B', '1.0 KiB', '1.5 KiB', '256 MiB', '1,024 PiB']);
  expect([250, 999, 1000, 15_800].map((n) => formatCpu(n, 'en'))).toEqual(['250m', '999m', '1.0', '15.8']);
});

test('shares and confidences', () => {
  expect(formatPercent(0.345, 'en')).toBe('35%');
  expect(formatConfidence(0.9, 'en')).toBe('0.90');
});
