// What a reader chose: remembered in the browser, shared by its tabs.
import { effect, signal } from '@preact/signals';
import type { Language } from './i18n';
import { setQuery } from './router';

/** The reader's own time zone, or the one of reports and logs. */
export type Zone = 'local' | 'utc';
export type Theme = 'system' | 'light' | 'dark';

function read(key: string): string | null {
  try {
    return localStorage.getItem(`aetherius.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`aetherius.${key}`, value);
  } catch {
    // Storage is switched off: the choice lives as long as the page.
  }
}

/** `?lang=zh` in an address that somebody was sent counts before what this reader chose earlier. */
function addressedLanguage(): Language | null {
  const asked = typeof location === 'undefined' ? null : new URLSearchParams(location.search).get('lang');
  return asked === 'en' || asked === 'zh' ? asked : null;
}

function firstLanguage(): Language {
  const addressed = addressedLanguage();
  if (addressed) return addressed;
  const chosen = read('language');
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return typeof navigator !== 'undefined' && navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

function firstTheme(): Theme {
  const chosen = read('theme');
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

function firstZone(): Zone {
  return read('zone') === 'utc' ? 'utc' : 'local';
}

export const language = signal<Language>(firstLanguage());
export const theme = signal<Theme>(firstTheme());
export const zone = signal<Zone>(firstZone());

export function chooseLanguage(next: Language): void {
  write('language', next);
  if (addressedLanguage()) setQuery({ lang: null });
  language.value = next;
}

export function chooseTheme(next: Theme): void {
  write('theme', next);
  theme.value = next;
}

export function chooseZone(next: Zone): void {
  write('zone', next);
  zone.value = next;
}

export function startSettings(): void {
  effect(() => {
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  });
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme.value;
  });
  addEventListener('storage', (change) => {
    if (change.key === 'aetherius.language') language.value = firstLanguage();
    if (change.key === 'aetherius.theme') theme.value = firstTheme();
    if (change.key === 'aetherius.zone') zone.value = firstZone();
  });
}
