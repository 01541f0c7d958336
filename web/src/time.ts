// Times and durations for people. The present is an argument; the time zone is the one that the reader chose.
import type { Language } from './i18n';
import type { Maybe } from './contract';
import { zone } from './setting';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export function parseTime(text: Maybe<string>): number | null {
  if (!text) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

interface Units {
  ms: string;
  s: string;
  m: string;
  h: string;
  d: string;
}

// A Chinese unit stands apart from its figure, an English abbreviation does not.
const units: Record<Language, Units> = {
  en: { ms: ' ms', s: 's', m: 'm', h: 'h', d: 'd' },
  zh: { ms: ' 毫秒', s: ' 秒', m: ' 分钟', h: ' 小时', d: ' 天' },
};

const two = (n: number) => String(n).padStart(2, '0');

/** A duration in at most two units: `12s`, `4m`, `2h 05m`, `3d 4h`. Negative durations count as none. */
export function formatDuration(ms: number, language: Language): string {
  const u = units[language];
  const left = Math.max(0, ms);
  if (left < minute) return `${Math.floor(left / second)}${u.s}`;
  if (left < hour) return `${Math.floor(left / minute)}${u.m}`;
  if (left < day) {
    const minutes = Math.floor((left % hour) / minute);
    return `${Math.floor(left / hour)}${u.h} ${language === 'en' ? two(minutes) : minutes}${language === 'en' ? u.m : ' 分'}`;
  }
  return `${Math.floor(left / day)}${u.d} ${Math.floor((left % day) / hour)}${u.h}`;
}

/** A short span with a fraction below ten seconds: `0.4 s`, `35 ms`, `12s`. A negative one has a real minus sign. */
export function formatLatency(ms: number, language: Language): string {
  if (Math.round(ms) < 0) return `−${formatLatency(-ms, language)}`;
  const u = units[language];
  if (ms < 100) return `${Math.round(ms)}${u.ms}`;
  if (ms < 10 * second) return `${(ms / second).toFixed(1)}${language === 'en' ? ' s' : u.s}`;
  return formatDuration(ms, language);
}

const locales: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' };

const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${zone.value} ${name}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locales[language], { hourCycle: 'h23', timeZone: zone.value === 'utc' ? 'UTC' : undefined, ...options });
    formats.set(key, made);
  }
  return made;
}

/** `UTC+8`, `UTC−3:30`, `UTC`: a zone that is so many minutes ahead. */
export function formatOffset(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}${size % 60 ? `:${two(size % 60)}` : ''}`;
}

/** The zone that the clocks are in, as it is at that time. */
export function formatZone(at: number): string {
  return formatOffset(zone.value === 'utc' ? 0 : -new Date(at).getTimezoneOffset());
}

/** `14:02:11` in the reader's time zone. */
export function formatClock(at: number, language: Language): string {
  return format(language, 'clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at);
}

/** `14:02`, for axes. */
export function formatMinute(at: number, language: Language): string {
  return format(language, 'minute', { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** `24 Nov 14:02`, for axes that are longer than a day. */
export function formatDayMinute(at: number, language: Language): string {
  return format(language, 'day minute', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(at);
}

/** The clock alone for the present day, with the date before it otherwise. */
export function formatMoment(at: number, now: number, language: Language): string {
  const clock = formatClock(at, language);
  const date = format(language, 'date', { day: 'numeric', month: 'short' });
  const that = date.format(at);
  return that === date.format(now) && Math.abs(now - at) < 2 * day ? clock : `${that} ${clock}`;
}

/** Everything, for a tooltip: local date and time with its zone, and the ISO form that logs use. */
export function formatFull(at: number, language: Language): string {
  const local = format(language, 'full', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(at);
  return `${local} · ${new Date(at).toISOString()}`;
}

const rangePattern = /^(\d{1,4})(m|h|d)$/;

/** `15m`, `6h`, `7d` as milliseconds; null for anything else. */
export function parseRange(text: Maybe<string>): number | null {
  const found = rangePattern.exec(text ?? '');
  if (!found) return null;
  const unit = { m: minute, h: hour, d: day }[found[2] as 'm' | 'h' | 'd'];
  return Number(found[1]) * unit;
}
