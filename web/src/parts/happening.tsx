// One line of "what changed": a clock, a mark, a sentence, a link to where it is told in full.
import type { Happening } from '../fleet';
import { text } from '../i18n';
import { hrefTo } from '../router';
import { language } from '../setting';
import { formatClock, formatFull } from '../time';
import { incidentTitle } from './incident_line';
import { SeverityMark, StateMark } from './mark';
import { Untrusted } from './untrusted';

function Sign({ kind }: { kind: 'recovered' | 'changed' | 'gap' }) {
  const paths = {
    recovered: 'M1.5 6.5 4.5 9.5 10.5 2.5',
    changed: 'M6 11V2M2.5 5.5 6 2l3.5 3.5',
    gap: 'M1 6h3M8 6h3M5 3v6M7 3v6',
  };
  const tones = { recovered: 'tone-ok', changed: 'tone-low', gap: 'tone-medium' };
  return (
    <span class={`severity ${tones[kind]}`}>
      <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
        <path d={paths[kind]} fill="none" stroke="currentColor" stroke-width="1.6" />
      </svg>
    </span>
  );
}

function body(happening: Happening) {
  const t = text.value.fleet;
  switch (happening.kind) {
    case 'opened':
    case 'recovered':
      return {
        mark: happening.kind === 'opened' ? <SeverityMark severity={happening.incident.severity} bare /> : <Sign kind="recovered" />,
        href: hrefTo('incident', happening.incident.id),
        cluster: happening.incident.cluster_id,
        word: t[happening.kind],
        sentence: incidentTitle(happening.incident),
      };
    case 'changed':
      return {
        mark: <Sign kind="changed" />,
        href: hrefTo('incident', happening.incident.id),
        cluster: happening.incident.cluster_id,
        word: t.changed,
        sentence: language.value === 'zh' ? happening.text_zh : happening.text,
      };
    case 'lost':
    case 'back':
      return {
        mark: <StateMark state={happening.cluster.state} bare />,
        href: hrefTo('cluster', happening.cluster.cluster_id),
        cluster: happening.cluster.cluster_id,
        word: happening.kind === 'back' ? t.back : t.lost(text.value.clusterState[happening.cluster.state]),
        sentence: happening.kind === 'back' ? '' : (happening.cluster.state_reason ?? ''),
      };
    case 'gap':
      return {
        mark: <Sign kind="gap" />,
        href: hrefTo('gaps', '', { cluster: happening.gap.cluster_id }),
        cluster: happening.gap.cluster_id,
        word: t.gap(happening.gap.count ?? null, happening.gap.cause),
        sentence: '',
      };
  }
}

export function HappeningLine({ happening }: { happening: Happening }) {
  const { at } = happening;
  const line = body(happening);
  return (
    <li>
      <time class="muted" dateTime={new Date(at).toISOString()} title={formatFull(at, language.value)}>
        {formatClock(at, language.value).slice(0, 5)}
      </time>
      {line.mark}
      <a href={line.href}>
        <span class="muted">
          {line.cluster} {line.word}
        </span>{' '}
        <Untrusted text={line.sentence} max={300} />
      </a>
    </li>
  );
}
