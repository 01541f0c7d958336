// Where the record has holes. Loss is never silent; this is where it speaks.
import { useMemo } from 'preact/hooks';
import { api } from '../api';
import type { Gap } from '../contract';
import { gapCauses, gapSchema } from '../gap_filter';
import { text } from '../i18n';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { FilterBar } from '../parts/filter_bar';
import { GapTable } from '../parts/gap_table';
import { matches, parseFilter, requestOf } from '../query';
import { useResource } from '../resource';
import { route, setQuery } from '../router';
import { gaps as shared } from '../store';
import { tally } from '../tally';

export function GapsPage() {
  const t = text.value;
  const { q = '' } = route.value.query;
  const filter = useMemo(() => parseFilter(gapSchema, q), [q]);
  const { params } = requestOf(gapSchema, filter);
  const loaded = useResource<Gap[]>(`gaps ${JSON.stringify(params)}`, (signal) => api.gaps(params, signal));
  const all = [...new Map([...shared.value, ...(loaded.data ?? [])].map((gap) => [gap.id, gap])).values()];
  const shown = all.filter((gap) => matches(gapSchema, filter.terms, gap));
  return (
    <>
      <div class="page-head">
        <h1>{t.nav.gaps}</h1>
        <FilterBar schema={gapSchema} value={q} change={(next) => setQuery({ q: next })} placeholder="cluster:data-prod cause:watch_expired" problems={filter.problems} local={[]} seen={tally(gapSchema, all)} />
      </div>
      <p class="muted">{t.gaps.meaning}</p>
      {loaded.error && <Failure error={loaded.error} retry={loaded.reload} />}
      <section class="panel">
        {!loaded.data && loaded.slow && <Skeleton lines={5} />}
        {loaded.data && shown.length === 0 && <Empty lead={q ? t.gaps.emptyFilter : t.gaps.none}>{!q && <p>{t.gaps.emptyHow}</p>}</Empty>}
        {shown.length > 0 && <GapTable key={q} gaps={shown} withCluster />}
      </section>
      <section class="panel">
        <header>
          <h2>{t.gaps.causes}</h2>
        </header>
        <ul class="reasons">
          {gapCauses.map((cause) => (
            <li key={cause}>
              <span>
                {t.gaps.cause[cause]} <span class="code muted">{cause}</span>
              </span>
              <span class="muted">{t.gaps.causeMeaning[cause]}</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
