// Addresses that need a filter: the events of an object, of an incident, one record among its neighbours.
import type { ClusterEvent, Evidence } from './contract';
import { eventObject, kubernetesKind, parseObject } from './object';
import { formatTerm } from './query';
import { hrefTo } from './router';

export function eventsOfObject(cluster: string, object: string): string {
  const ref = parseObject(object);
  const terms = [formatTerm('cluster', cluster), formatTerm('kind', kubernetesKind(ref.kind))];
  if (ref.namespace) terms.push(formatTerm('ns', ref.namespace));
  terms.push(formatTerm('name', ref.name));
  return hrefTo('events', '', { q: terms.join(' '), range: 'all' });
}

export function eventsOfIncident(incident: string, selected = ''): string {
  return hrefTo('events', '', { q: formatTerm('incident', incident), range: 'all', sel: selected, open: selected });
}

/** A source names an object, perhaps after a word of what was read there: `event pod/shop/cart`, `log pod/shop/cart web`. */
export function sourceObject(source: string): { before: string; object: string; after: string } {
  const slash = source.indexOf('/');
  if (slash < 0) return { before: source, object: '', after: '' };
  const start = source.lastIndexOf(' ', slash) + 1;
  const space = source.indexOf(' ', slash);
  const end = space < 0 ? source.length : space;
  return { before: source.slice(0, start), object: source.slice(start, end), after: source.slice(end) };
}

/** The stored record a quote was taken from, when it is among the incident's events. */
export function recordOf(evidence: Evidence, events: readonly ClusterEvent[]): ClusterEvent | undefined {
  const { object } = sourceObject(evidence.source);
  const mine = events.filter((event) => eventObject(event) === object);
  return mine.find((event) => event.message && (event.message.includes(evidence.quote) || evidence.quote.includes(event.message)));
}
