// The five facts by which a cluster can be believed: link, API server, watch, spool, clock.
import type { ComponentChildren } from 'preact';
import type { Cluster } from '../contract';
import { apiServerTone, clockTone, isHeard, linkTone, spoolTone, watchTone, type Tone } from '../health';
import { text } from '../i18n';
import { formatBytes, formatCount } from '../number';
import { language } from '../setting';
import { formatLatency } from '../time';
import { Untrusted } from './untrusted';
import { Age, Moment } from './when';

function ToneShape({ tone }: { tone: Tone }) {
  const t = text.value.cluster;
  const paths: Record<Tone, string> = {
    ok: 'M1.5 6.5 4.5 9.5 10.5 2.5',
    medium: 'M6 1.5v5.5M6 9v1.6',
    high: 'M2 2l8 8M10 2l-8 8',
    unknown: 'M2 6h8',
  };
  return (
    <span class={`severity tone-${tone}`}>
      <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
        <path d={paths[tone]} fill="none" stroke="currentColor" stroke-width="1.8" />
      </svg>
      <span>{t.tone[tone]}</span>
    </span>
  );
}

interface FactProps {
  name: string;
  tone: Tone;
  value: ComponentChildren;
  children?: ComponentChildren;
}

function Fact({ name, tone, value, children }: FactProps) {
  return (
    <li class={`health-fact tone-line-${tone}`}>
      <div class="health-name">
        <span class="muted">{name}</span>
        <ToneShape tone={tone} />
      </div>
      <div class="health-value">{value}</div>
      <div class="health-detail muted">{children}</div>
    </li>
  );
}

function SpoolFact({ cluster, tone }: { cluster: Cluster; tone: Tone }) {
  const t = text.value;
  const chosen = language.value;
  const spool = cluster.spool;
  if (!spool) return <Fact name={t.cluster.spool} tone="unknown" value={t.common.notReported} />;
  return (
    <Fact name={t.cluster.spool} tone={tone} value={t.cluster.waiting(formatCount(spool.records, chosen))}>
      {formatBytes(spool.bytes, chosen)}
      {spool.oldest_ms != null && ` · ${t.cluster.oldest(formatLatency(spool.oldest_ms, chosen))}`}
      {(spool.dropped ?? 0) > 0 && <strong class="tone-high"> · {t.cluster.dropped(formatCount(spool.dropped, chosen))}</strong>}
    </Fact>
  );
}

export function HealthFacts({ cluster }: { cluster: Cluster }) {
  const t = text.value;
  const chosen = language.value;
  const heard = isHeard(cluster);
  /** What an agent said before it fell silent is neither good nor bad now. */
  const told = (tone: Tone): Tone => (heard ? tone : 'unknown');
  return (
    <>
      <ul class={heard ? 'health-facts' : 'health-facts old'}>
        <Fact name={t.cluster.link} tone={linkTone(cluster)} value={t.clusterState[cluster.state] ?? cluster.state}>
          <span>
            <Age at={cluster.state_since} /> · {t.clusters.lastSeen} <Age at={cluster.last_seen} />
          </span>
          {cluster.state_reason && (
            <div>
              <Untrusted text={cluster.state_reason} max={400} />
            </div>
          )}
        </Fact>
        <Fact name={t.cluster.apiServer} tone={told(apiServerTone(cluster))} value={t.cluster.agentSays(t.health[cluster.health ?? 'unknown'])}>
          {(cluster.health_reasons ?? []).length === 0
            ? cluster.kubernetes_version
            : (cluster.health_reasons ?? []).map((reason) => (
                <div key={reason}>
                  <Untrusted text={reason} max={300} />
                </div>
              ))}
        </Fact>
        <Fact name={t.cluster.watch} tone={told(watchTone(cluster))} value={cluster.watch_age_ms == null ? t.common.notReported : formatLatency(cluster.watch_age_ms, chosen)}>
          {t.cluster.watchMeaning}
        </Fact>
        <SpoolFact cluster={cluster} tone={told(spoolTone(cluster))} />
        <Fact name={t.cluster.clock} tone={told(clockTone(cluster))} value={cluster.clock_offset_ms == null ? t.common.notReported : formatLatency(cluster.clock_offset_ms, chosen)}>
          {t.cluster.clockMeaning}
        </Fact>
      </ul>
      {!heard && cluster.state !== 'pending' && (
        <p class="old-note">
          {t.cluster.oldFacts} <Moment at={cluster.last_seen} />
        </p>
      )}
    </>
  );
}
