// Incidents put together: by root cause, by cluster, by family. Pure.
import type { Incident } from './contract';
import { parseObject } from './object';

export const groupings = ['root', 'cluster', 'family', 'none'] as const;
export type Grouping = (typeof groupings)[number];

export interface IncidentGroup {
  key: string;
  incidents: Incident[];
}

/** The same code on the same kind and name is the same root, in whichever cluster or namespace it shows. */
function rootKey(incident: Incident): string {
  if (!incident.code) return `id ${incident.id}`;
  const ref = parseObject(incident.object);
  return `${incident.code} ${ref.kind} ${ref.name}`;
}

function keyOf(incident: Incident, grouping: Grouping): string {
  switch (grouping) {
    case 'root':
      return rootKey(incident);
    case 'cluster':
      return incident.cluster_id;
    case 'family':
      return incident.family ?? incident.code?.split('.')[0] ?? '';
    case 'none':
      return '';
  }
}

/** Groups in the order of their first member, so that the most urgent group is first when the input is sorted. */
export function groupIncidents(sorted: readonly Incident[], grouping: Grouping): IncidentGroup[] {
  const groups = new Map<string, Incident[]>();
  for (const incident of sorted) {
    const key = keyOf(incident, grouping);
    const group = groups.get(key);
    if (group) group.push(incident);
    else groups.set(key, [incident]);
  }
  return [...groups].map(([key, incidents]) => ({ key, incidents }));
}

export function asGrouping(text: string | undefined): Grouping {
  return groupings.find((grouping) => grouping === text) ?? 'root';
}
