import { link } from '../stream';
import { hrefTo, route, type PageName } from '../router';
import { now } from '../clock';
import { chooseLanguage, chooseTheme, chooseZone, language, theme, zone, type Theme } from '../setting';
import { incidents } from '../store';
import { text } from '../i18n';
import { openOverlay } from '../overlay';
import { formatZone } from '../time';

const pages = ['fleet', 'incidents', 'events', 'clusters', 'gaps', 'knowledge', 'status'] as const;

/** Which entry of the navigation a page stands under. */
const under: Partial<Record<PageName | 'missing', (typeof pages)[number]>> = {
  incident: 'incidents',
  report: 'incidents',
  cluster: 'clusters',
};

const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };

function ThemeShape() {
  return (
    <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
      <circle cx="6" cy="6" r="4.8" fill="none" stroke="currentColor" stroke-width="1.3" />
      {theme.value === 'system' && <path d="M6 1.2a4.8 4.8 0 0 1 0 9.6Z" fill="currentColor" />}
      {theme.value === 'dark' && <circle cx="6" cy="6" r="4.8" fill="currentColor" />}
    </svg>
  );
}

function LinkState() {
  const t = text.value;
  const state = link.value.state;
  const word = state === 'live' ? t.header.live : state === 'lost' ? t.header.lost : t.header.connecting;
  return (
    <span class={`link-state ${state}`} title={state === 'live' ? t.header.liveHint : undefined} role="status">
      <i class="dot" />
      {word}
    </span>
  );
}

export function Header() {
  const t = text.value;
  const current = route.value.page;
  const open = [...incidents.value.values()].filter((incident) => incident.state === 'open').length;
  return (
    <header class="header">
      <a class="brand" href={hrefTo('fleet')}>
        <img src="/favicon.svg" alt="" width="18" height="18" />
        Aetherius
      </a>
      <nav class="nav" aria-label={t.nav.main}>
        {pages.map((page) => (
          <a key={page} href={hrefTo(page)} aria-current={page === (under[current] ?? current) ? 'page' : undefined}>
            {t.nav[page]}
            {page === 'incidents' && open > 0 && <span class="badge">{open}</span>}
          </a>
        ))}
      </nav>
      <div class="header-tools">
        <LinkState />
        <button class="button quiet palette-button" type="button" onClick={() => openOverlay('palette')} title={t.header.palette}>
          <kbd>Ctrl K</kbd>
          <span class="hidden-text">{t.header.palette}</span>
        </button>
        <button
          class="button quiet small number"
          type="button"
          title={t.header.zone[zone.value]}
          aria-label={`${formatZone(now.peek())}: ${t.header.zone[zone.value]}`}
          onClick={() => chooseZone(zone.value === 'utc' ? 'local' : 'utc')}
        >
          {formatZone(now.peek())}
        </button>
        <button class="button quiet small help-button" type="button" onClick={() => openOverlay('help')} aria-label={t.header.help} title={t.header.help}>
          ?
        </button>
        <button
          class="button quiet small"
          type="button"
          lang={language.value === 'en' ? 'zh-CN' : 'en'}
          title={t.header.switchLanguage}
          onClick={() => chooseLanguage(language.value === 'en' ? 'zh' : 'en')}
        >
          {language.value === 'en' ? '中文' : 'EN'}
        </button>
        <button class="button quiet small" type="button" title={t.header.theme[theme.value]} aria-label={t.header.theme[theme.value]} onClick={() => chooseTheme(nextTheme[theme.value])}>
          <ThemeShape />
        </button>
      </div>
    </header>
  );
}
