// A cluster that waits for a person's word, and the two answers. What central then says of the cluster is shown at once.
import { useState } from 'preact/hooks';
import { api, ApiError, type Decision } from '../api';
import type { Cluster } from '../contract';
import { waitingOf } from '../fleet';
import { text } from '../i18n';
import { hrefTo } from '../router';
import { clusters, keepCluster } from '../store';
import { StateMark } from './mark';
import { Untrusted } from './untrusted';
import { Age } from './when';

const listedMax = 20;

export function AdmissionButtons({ cluster, answers = ['accept', 'refuse'] }: { cluster: Cluster; answers?: readonly Decision[] }) {
  const t = text.value.admission;
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState('');
  const decide = async (decision: Decision) => {
    setAsking(true);
    setFailure('');
    try {
      keepCluster(await api.decide(cluster.cluster_id, decision));
    } catch (error) {
      setFailure((error instanceof ApiError && (error.detail || error.message)) || text.value.common.noAnswer);
    }
    setAsking(false);
  };
  return (
    <span class="admission">
      {answers.map((answer) => (
        <button key={answer} class="button" type="button" disabled={asking} title={t.meaning[answer]} onClick={() => void decide(answer)}>
          {t[answer]}
        </button>
      ))}
      {failure && (
        <span class="tone-high" role="alert">
          {t.failed} <Untrusted text={failure} max={200} />
        </span>
      )}
    </span>
  );
}

/** Nothing while no cluster waits. */
export function WaitingClusters() {
  const t = text.value.admission;
  const waiting = waitingOf([...clusters.value.values()]);
  if (waiting.length === 0) return null;
  return (
    <section class="panel waiting">
      <header>
        <h2>{t.waiting(waiting.length)}</h2>
        <span class="muted">{t.whatWaits}</span>
      </header>
      <ul class="waiting-list">
        {waiting.slice(0, listedMax).map((cluster) => (
          <li key={cluster.cluster_id}>
            <StateMark state={cluster.state} bare />
            <a href={hrefTo('cluster', cluster.cluster_id)}>
              <Untrusted text={cluster.cluster_id} max={80} />
            </a>
            <span class="muted">
              <Age at={cluster.registered_at} />
            </span>
            <span class="grow" />
            <AdmissionButtons cluster={cluster} />
          </li>
        ))}
      </ul>
    </section>
  );
}
