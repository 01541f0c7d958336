// Addresses of the dashboard. Every view, filter and selection is in the URL, so a copied address shows the same.
// Values with dots stay in the query: the gateway answers the dashboard's page only for paths without an extension.
import { computed, signal } from '@preact/signals';

export const routeTable = {
  fleet: '/',
  incidents: '/incidents',
  incident: '/incidents/:id',
  report: '/incidents/:id/report',
  events: '/events',
  clusters: '/clusters',
  cluster: '/clusters/:id',
  gaps: '/gaps',
  knowledge: '/knowledge',
  status: '/status',
} as const;

export type PageName = keyof typeof routeTable;
export type Query = Record<string, string>;

export interface Route {
  page: PageName | 'missing';
  id: string;
  query: Query;
}

const patterns = (Object.entries(routeTable) as [PageName, string][]).map(([page, path]) => ({
  page,
  parts: path.split('/').filter(Boolean),
}));

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function parseRoute(pathname: string, search: string): Route {
  const parts = pathname.split('/').filter(Boolean);
  const query: Query = Object.fromEntries(new URLSearchParams(search));
  for (const pattern of patterns) {
    if (pattern.parts.length !== parts.length) continue;
    if (!pattern.parts.every((part, i) => part.startsWith(':') || part === parts[i])) continue;
    const at = pattern.parts.findIndex((part) => part.startsWith(':'));
    return { page: pattern.page, id: at < 0 ? '' : decode(parts[at] ?? ''), query };
  }
  return { page: 'missing', id: '', query };
}

/** Empty values leave no trace in the address. */
export function hrefTo(page: PageName, id = '', query: Record<string, string | null | undefined> = {}): string {
  const path = routeTable[page].replace(':id', encodeURIComponent(id));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, value);
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

const address = signal({ pathname: '/', search: '' });

export const route = computed<Route>(() => parseRoute(address.value.pathname, address.value.search));

function readAddress(): void {
  address.value = { pathname: location.pathname, search: location.search };
}

export function navigate(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  readAddress();
}

/** Changes part of the query of the present page; null removes a key. */
export function setQuery(change: Record<string, string | null>, how: 'push' | 'replace' = 'replace'): void {
  const { page, id, query } = route.peek();
  if (page === 'missing') return;
  navigate(hrefTo(page, id, { ...query, ...change }), how);
}

const served = ['/api/', '/agents', '/health/', '/metrics', '/openapi.json'];

/** True where the page, not the gateway, answers. */
export function isOwnAddress(url: URL, origin: string): boolean {
  if (url.origin !== origin) return false;
  return !served.some((prefix) => url.pathname === prefix || url.pathname.startsWith(prefix));
}

function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const anchor = (event.target as Element | null)?.closest?.('a[href]');
  if (!anchor || anchor.hasAttribute('target') || anchor.hasAttribute('download')) return;
  const href = anchor.getAttribute('href') ?? '';
  if (href.startsWith('#')) return;
  // Links inside the graph are SVG's own, so the attribute is read and not HTMLAnchorElement.href.
  const url = new URL(href, location.href);
  if (!isOwnAddress(url, location.origin)) return;
  event.preventDefault();
  navigate(url.pathname + url.search);
}

export function startRouter(): void {
  readAddress();
  addEventListener('popstate', readAddress);
  document.addEventListener('click', onClick);
}
