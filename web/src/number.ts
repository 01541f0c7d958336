// Numbers for people, with figures that line up.
import type { Language } from './i18n';
import type { Maybe } from './contract';

const locales: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' };
const formats = new Map<string, Intl.NumberFormat>();

function format(language: Language, digits: number): Intl.NumberFormat {
  const key = `${language} ${digits}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.NumberFormat(locales[language], { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(key, made);
  }
  return made;
}

export const absent = '–';

export function formatCount(n: Maybe<number>, language: Language): string {
  return n === null || n === undefined ? absent : format(language, 0).format(n);
}

/** Events per second: one digit below 100, none above. */
export function formatRate(n: Maybe<number>, language: Language): string {
  return n === null || n === undefined ? absent : format(language, n < 100 ? 1 : 0).format(n);
}

export function formatPercent(part: Maybe<number>, language: Language): string {
  return part === null || part === undefined ? absent : `${format(language, 0).format(part * 100)}%`;
}

/** Confidence is a probability from 0 to 1 and is shown as two digits, as the command line shows it. */
export function formatConfidence(value: Maybe<number>, language: Language): string {
  return value === null || value === undefined ? absent : format(language, 2).format(value);
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function formatBytes(n: Maybe<number>, language: Language): string {
  if (n === null || n === undefined) return absent;
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${format(language, unit === 0 || value >= 100 ? 0 : 1).format(value)} ${byteUnits[unit]}`;
}

/** CPU in cores from 1 core up, in millicores below. */
export function formatCpu(millicores: Maybe<number>, language: Language): string {
  if (millicores === null || millicores === undefined) return absent;
  if (millicores === 0) return '0';
  return millicores < 1000 ? `${format(language, 0).format(millicores)}m` : format(language, 1).format(millicores / 1000);
}
