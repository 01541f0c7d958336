// The two languages. `text` is the dictionary of the chosen one; a component that reads it is drawn again on a switch.
import { computed } from '@preact/signals';
import type { Maybe } from '../contract';
import { language } from '../setting';
import { en } from './en';
import { zh } from './zh';

export type Language = 'en' | 'zh';

/** Same keys, any wording: a text missing in one language does not compile. */
type Wording<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { [K in keyof T]: Wording<T[K]> };

export type Dictionary = Wording<typeof en>;

export const dictionaries: Record<Language, Dictionary> = { en, zh };

export const text = computed<Dictionary>(() => dictionaries[language.value]);

/** A text that came in both languages; the English one stands in where a Chinese one was not sent. */
export function pick(english: Maybe<string>, chinese: Maybe<string>, chosen: Language): string {
  return (chosen === 'zh' && chinese ? chinese : english) ?? chinese ?? '';
}
