// What is wrong, why, and what do I do? The sentence first, then the proof, then everything else at the same size.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import type { IncidentDetail, NotChecked, Verdict } from '../contract';
import { pick, text } from '../i18n';
import { eventsOfIncident, eventsOfObject } from '../link_to';
import { formatCount } from '../number';
import { ActionList } from '../parts/action_list';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { GraphView } from '../parts/graph_view';
import { incidentTitle } from '../parts/incident_line';
import { SeverityMark } from '../parts/mark';
import { ObjectName } from '../parts/object_name';
import { RootCause } from '../parts/root_cause';
import { Spark } from '../parts/spark';
import { Timeline } from '../parts/timeline';
import { Untrusted } from '../parts/untrusted';
import { Age, Moment } from '../parts/when';
import { useResource } from '../resource';
import { hrefTo, navigate, route } from '../router';
import { language } from '../setting';
import { listen } from '../stream';
import { useKeys } from '../use_keys';

function Panel({ title, count, children }: { title: string; count?: number; children: ComponentChildren }) {
  return (
    <section class="panel">
      <header>
        <h2>{title}</h2>
        {count !== undefined && <span class="muted">{count}</span>}
      </header>
      {children}
    </section>
  );
}

/** An answer that changes nothing is not told apart from none: after this long one may ask again. */
const askAgainAfterMs = 15_000;

function LookAgain({ id }: { id: string }) {
  const t = text.value.incident;
  const [asked, setAsked] = useState<'no' | 'yes' | 'refused'>('no');
  useEffect(() => {
    if (asked !== 'yes') return undefined;
    const timer = setTimeout(() => setAsked('no'), askAgainAfterMs);
    return () => clearTimeout(timer);
  }, [asked]);
  return (
    <button
      class="button"
      type="button"
      disabled={asked === 'yes'}
      title={t.lookAgainMeaning}
      onClick={() =>
        void api.diagnose(id).then(
          () => setAsked('yes'),
          () => setAsked('refused'),
        )
      }
    >
      {{ no: t.lookAgain, yes: t.lookingAgain, refused: t.lookAgainRefused }[asked]}
    </button>
  );
}

function Head({ incident }: { incident: IncidentDetail }) {
  const t = text.value;
  const phase = incident.phase ?? (incident.state === 'open' ? null : 'closed');
  return (
    <div class="incident-head">
      <div class="incident-facts">
        <SeverityMark severity={incident.severity} />
        <a href={hrefTo('cluster', incident.cluster_id)}>{incident.cluster_id}</a>
        <span>
          {t.incidentState[incident.state] ?? incident.state}{' '}
          <span class="muted">
            {incident.state === 'open' ? <Age at={incident.opened_at} /> : <Moment at={incident.closed_at} />}
          </span>
        </span>
        {phase && phase !== 'closed' && <span class="muted">{t.phase[phase] ?? phase}</span>}
        <span class="muted">
          {t.incident.opened} <Moment at={incident.opened_at} />
        </span>
        {incident.occurrences != null && (
          <span class="muted incident-occurrences">
            {t.incident.occurrences(formatCount(incident.occurrences, language.value))}
            {incident.spark && <Spark counts={incident.spark} label={t.incidents.occurrences} />}
          </span>
        )}
        <span class="code muted">{incident.id}</span>
      </div>
      <h1 class="sentence">
        <Untrusted text={incidentTitle(incident)} max={1_000} />
      </h1>
      <div class="incident-tools">
        {incident.report && (
          <a class="button" href={hrefTo('report', incident.id)}>
            {t.incident.report}
          </a>
        )}
        <a class="button" href={eventsOfIncident(incident.id)}>
          {t.incident.itsEvents}
        </a>
        {incident.state === 'open' && <LookAgain key={incident.diagnosed_at} id={incident.id} />}
      </div>
    </div>
  );
}

function VerdictNote({ verdict }: { verdict: Verdict | null | undefined }) {
  const t = text.value.incident;
  if (!verdict) return <p class="body muted">{t.noVerdict}</p>;
  if (verdict.verdict === 'fault') return null;
  return <p class="body verdict-note">{t.verdict[verdict.verdict]}</p>;
}

function Causes({ incident }: { incident: IncidentDetail }) {
  const t = text.value.incident;
  const roots = incident.verdict?.roots ?? [];
  return (
    <Panel title={roots.length > 1 ? t.causes(roots.length) : t.cause}>
      <VerdictNote verdict={incident.verdict} />
      {roots.map((root, i) => (
        <RootCause
          key={`${i} ${root.code} ${root.object}`}
          root={root}
          isHeadline={i === 0 && root.statement === incident.title}
          incident={incident.id}
          cluster={incident.cluster_id}
          events={incident.events ?? []}
        />
      ))}
      {incident.verdict && (
        <p class="body muted">
          {t.effort(incident.verdict.calls ?? null, incident.verdict.ms ?? null)}
        </p>
      )}
    </Panel>
  );
}

function RuledOutPanel({ verdict }: { verdict: Verdict | null | undefined }) {
  const t = text.value.incident;
  const items = verdict?.ruled_out ?? [];
  return (
    <Panel title={t.ruledOut} count={items.length}>
      {items.length === 0 ? (
        <p class="body muted">{t.nothingRuledOut}</p>
      ) : (
        <ul class="reasons">
          {items.map((item, i) => (
            <li key={`${i} ${item.code}`}>
              <span class="code">
                <Untrusted text={item.code} max={120} />
              </span>
              <span>
                <Untrusted text={pick(item.why, item.why_zh, language.value)} max={1_000} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** The verdict's list and the incident's may overlap; each thing that was not checked is told once. */
function notCheckedOf(incident: IncidentDetail): NotChecked[] {
  const all = [...(incident.verdict?.not_checked ?? []), ...(incident.not_checked ?? [])];
  return [...new Map(all.map((item) => [`${item.what}|${item.why ?? ''}`, item])).values()];
}

function NotCheckedPanel({ incident }: { incident: IncidentDetail }) {
  const t = text.value.incident;
  const items = notCheckedOf(incident);
  return (
    <Panel title={t.notChecked} count={items.length}>
      {items.length === 0 ? (
        <p class="body muted">{incident.verdict ? t.everythingChecked : t.noVerdict}</p>
      ) : (
        <ul class="reasons">
          {items.map((item) => (
            <li key={item.what}>
              <span>
                <Untrusted text={item.what} max={400} />
              </span>
              <span>
                <Untrusted text={item.why} max={1_000} />
                {(item.costs ?? []).length > 0 && (
                  <span class="muted">
                    {' '}
                    {t.costs} <Untrusted text={(item.costs ?? []).join(', ')} max={400} />
                  </span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function JoinedPanel({ incident }: { incident: IncidentDetail }) {
  const t = text.value.incident;
  const items = incident.joined ?? [];
  if (items.length === 0) return null;
  return (
    <Panel title={t.joined} count={items.length}>
      <ul class="reasons">
        {items.map((item, i) => (
          <li key={`${i} ${item.object}`}>
            <ObjectName object={item.object} />
            <span>
              <Untrusted text={pick(item.why, item.why_zh, language.value)} max={600} />{' '}
              {item.at && (
                <span class="muted">
                  <Moment at={item.at} />
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function SimilarPanel({ incident }: { incident: IncidentDetail }) {
  const t = text.value.incident;
  const items = incident.similar ?? [];
  return (
    <Panel title={t.similar} count={items.length}>
      {items.length === 0 ? (
        <p class="body muted">{t.noSimilar}</p>
      ) : (
        <ul class="similar">
          {items.map((item) => (
            <li key={item.id}>
              <span class="muted">
                <Moment at={item.opened_at} />
              </span>
              <span>{item.cluster_id}</span>
              <a href={hrefTo('incident', item.id)}>
                <Untrusted text={pick(item.title, item.title_zh, language.value) || item.id} max={300} />
              </a>
            </li>
          ))}
        </ul>
      )}
      {incident.knowledge && (
        <p class="body">
          <a href={hrefTo('knowledge', '', { id: incident.knowledge.id })}>{t.readKnowledge(incident.knowledge.code ?? incident.knowledge.id)}</a>
        </p>
      )}
    </Panel>
  );
}

function AffectedPanel({ incident }: { incident: IncidentDetail }) {
  const t = text.value.incident;
  const affected = incident.affected;
  return (
    <Panel title={t.affected} count={affected?.nodes.length ?? 0}>
      {affected && affected.nodes.length > 0 ? (
        <GraphView affected={affected} hrefOf={(object) => eventsOfObject(incident.cluster_id, object)} />
      ) : (
        <p class="body muted">{t.noAffected}</p>
      )}
    </Panel>
  );
}

function Detail({ incident }: { incident: IncidentDetail }) {
  const t = text.value.incident;
  const actions = (incident.verdict?.roots ?? []).flatMap((root) => root.actions ?? []);
  return (
    <>
      <Head incident={incident} />
      <div class="incident-columns">
        <Causes incident={incident} />
        <Panel title={t.doNext} count={actions.length}>
          <ActionList actions={actions} />
        </Panel>
      </div>
      <AffectedPanel incident={incident} />
      <div class="incident-columns">
        <Timeline entries={incident.timeline ?? []} openedAt={incident.opened_at} incident={incident.id} occurrences={incident.occurrences ?? 0} />
        <div class="incident-column">
          <RuledOutPanel verdict={incident.verdict} />
          <NotCheckedPanel incident={incident} />
          <JoinedPanel incident={incident} />
          <SimilarPanel incident={incident} />
        </div>
      </div>
    </>
  );
}

export function IncidentPage() {
  const { id } = route.value;
  const resource = useResource(id, (signal) => api.incident(id, signal));
  useKeys({ close: () => navigate(hrefTo('incidents', '', { sel: id })) });
  useEffect(() => {
    const stops = [
      listen('incident', (items) => {
        if (items.some((item) => item.id === id)) resource.reload();
      }),
      listen('reset', resource.reload),
    ];
    return () => stops.forEach((stop) => stop());
  }, [id]);

  if (resource.data) return <Detail incident={resource.data} />;
  if (resource.error?.status === 404) {
    return (
      <Empty lead={text.value.incident.missing(id)}>
        <p>{text.value.incident.missingHow}</p>
        <a class="button" href={hrefTo('incidents')}>
          {text.value.nav.incidents}
        </a>
      </Empty>
    );
  }
  if (resource.error) return <Failure error={resource.error} retry={resource.reload} />;
  return resource.slow ? <Skeleton lines={12} /> : <div />;
}
