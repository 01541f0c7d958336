// Where incidents stand on an axis of time: a line where each began, and bands that do not lie over one another. Pure.
import type { Incident } from './contract';
import { severityOf, severityRank, type KnownSeverity } from './severity';
import { parseTime } from './time';

export interface IncidentBand {
  from: number;
  to: number;
  /** The worst of those that are open in this stretch. */
  severity: KnownSeverity;
}

export interface IncidentMarks {
  starts: { at: number; severity: KnownSeverity }[];
  bands: IncidentBand[];
}

export function incidentMarks(incidents: readonly Incident[], until: number): IncidentMarks {
  const spans = incidents.flatMap((incident) => {
    const from = parseTime(incident.opened_at);
    return from === null ? [] : [{ from, to: Math.max(from, parseTime(incident.closed_at) ?? until), severity: severityOf(incident.severity) }];
  });
  const edges = [...new Set(spans.flatMap((span) => [span.from, span.to]))].sort((a, b) => a - b);
  const bands: IncidentBand[] = [];
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const from = edges[i] ?? 0;
    const to = edges[i + 1] ?? 0;
    const open = spans.filter((span) => span.from <= from && span.to >= to).sort((a, b) => severityRank(a.severity) - severityRank(b.severity));
    const worst = open[0]?.severity;
    if (!worst) continue;
    const last = bands.at(-1);
    if (last && last.to === from && last.severity === worst) last.to = to;
    else bands.push({ from, to, severity: worst });
  }
  return { starts: spans.map((span) => ({ at: span.from, severity: span.severity })), bands };
}
