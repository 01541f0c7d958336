// One incident in one line: shape, sentence, cluster, victims, occurrences, confidence, age.
import type { Incident } from '../contract';
import { pick, text } from '../i18n';
import { formatConfidence } from '../number';
import { hrefTo } from '../router';
import { language } from '../setting';
import { SeverityMark } from './mark';
import { Spark } from './spark';
import { Untrusted } from './untrusted';
import { Age } from './when';

export function incidentTitle(incident: Incident): string {
  const title = pick(incident.title, incident.title_zh, language.value);
  return title || text.value.incidents.unnamed(incident.object ?? incident.id);
}

export function IncidentLine({ incident, selected }: { incident: Incident; selected: boolean }) {
  const t = text.value;
  const working = incident.phase === 'collecting' || incident.phase === 'diagnosing';
  return (
    <li class={`incident-line ${incident.state}`} data-selected={selected}>
      <a href={hrefTo('incident', incident.id)} aria-current={selected ? 'true' : undefined}>
        <SeverityMark severity={incident.severity} />
        <span class="incident-what">
          <span class="incident-title">
            <Untrusted text={incidentTitle(incident)} max={400} />
          </span>
          <span class="incident-code muted code">
            {working && incident.phase ? t.phase[incident.phase] : incident.code}
          </span>
        </span>
        <span class="incident-cluster clip">{incident.cluster_id}</span>
        <span class="incident-victims muted clip">{incident.victims ? t.incidents.victims(incident.victims) : ''}</span>
        <span class="incident-spark">{incident.spark && <Spark counts={incident.spark} label={t.incidents.occurrences} />}</span>
        <span class="incident-confidence number muted" title={t.incidents.confidence}>
          {formatConfidence(incident.confidence, language.value)}
        </span>
        <span class="incident-age number">
          <Age at={incident.state === 'open' ? incident.opened_at : incident.closed_at} />
        </span>
      </a>
    </li>
  );
}
