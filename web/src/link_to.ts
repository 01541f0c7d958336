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
  return hrefTo('events', '', { q: terms.join(' ') });
}

export function eventsOfIncident(incident: string, selected = ''): string {
  return hrefTo('events', '', { q: formatTerm('incident', incident), sel: selected });
}

/** The stored record a quote was taken from, when it is among the incident's events. */
export function recordOf(evidence: Evidence, events: readonly ClusterEvent[]): ClusterEvent | undefined {
  const source = parseObject(evidence.source);
  const object = `${source.kind}/${source.namespace}/${source.name.split(' ')[0]}`;
  const mine = events.filter((event) => eventObject(event) === object);
  return mine.find((event) => event.message && (event.message.includes(evidence.quote) || evidence.quote.includes(event.message)));
}
