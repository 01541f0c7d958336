// One cause: the statement, how sure, and the proof beside it, each quote with the way to its record.
import type { ClusterEvent, Evidence, Root } from '../contract';
import { pick, text } from '../i18n';
import { eventsOfIncident, eventsOfObject, recordOf, sourceObject } from '../link_to';
import { formatConfidence } from '../number';
import { hrefTo } from '../router';
import { language } from '../setting';
import { ObjectName } from './object_name';
import { Untrusted } from './untrusted';
import { Moment } from './when';

interface QuoteProps {
  evidence: Evidence;
  incident: string;
  cluster: string;
  events: readonly ClusterEvent[];
}

function Quote({ evidence, incident, cluster, events }: QuoteProps) {
  const t = text.value.incident;
  const record = recordOf(evidence, events);
  const { before, object, after } = sourceObject(evidence.source);
  return (
    <li class="quote">
      <div class="quote-source">
        <span>
          <span class="muted">
            <Untrusted text={before} max={200} />
          </span>
          {object && <ObjectName object={object} />}
          <Untrusted text={after} max={200} />
        </span>
        {evidence.at && (
          <span class="muted">
            <Moment at={evidence.at} />
          </span>
        )}
        {record ? (
          <a href={eventsOfIncident(incident, record.id)}>{t.rawRecord}</a>
        ) : (
          object && <a href={eventsOfObject(cluster, object)}>{t.eventsOfIt}</a>
        )}
      </div>
      <blockquote class="code scrolls" tabIndex={0}>
        <Untrusted text={evidence.quote} max={4_000} />
      </blockquote>
    </li>
  );
}

function Confidence({ value }: { value: number }) {
  const t = text.value.incident;
  return (
    <span class="confidence" title={t.confidenceMeaning}>
      {t.confidence} <b>{formatConfidence(value, language.value)}</b>
      <svg viewBox="0 0 60 6" class="confidence-bar" aria-hidden="true">
        <rect width="60" height="6" rx="3" class="track" />
        <rect width={60 * Math.min(1, Math.max(0, value))} height="6" rx="3" class="fill" />
      </svg>
    </span>
  );
}

interface Props {
  root: Root;
  /** The page's headline says the same sentence already. */
  isHeadline: boolean;
  incident: string;
  cluster: string;
  events: readonly ClusterEvent[];
}

export function RootCause({ root, isHeadline, incident, cluster, events }: Props) {
  const t = text.value.incident;
  const evidence = root.evidence ?? [];
  return (
    <section class="root-cause">
      <div class="root-facts">
        <ObjectName object={root.object} />
        <a class="code" href={hrefTo('knowledge', '', { id: root.code })} title={t.whatCodeMeans}>
          {root.code}
        </a>
        {root.confidence != null && <Confidence value={root.confidence} />}
      </div>
      {!isHeadline && (
        <p class="root-statement">
          <Untrusted text={pick(root.statement, root.statement_zh, language.value)} max={2_000} />
        </p>
      )}
      {evidence.length === 0 ? (
        <p class="muted">{t.noEvidence}</p>
      ) : (
        <ul class="quotes">
          {evidence.map((entry, i) => (
            <Quote key={`${i} ${entry.source}`} evidence={entry} incident={incident} cluster={cluster} events={events} />
          ))}
        </ul>
      )}
    </section>
  );
}
