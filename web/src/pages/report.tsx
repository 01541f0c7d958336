// The report of an incident as it is published: rendered, as Markdown, or as JSON, in either language.
import { api, reportAddress } from '../api';
import { text, type Language } from '../i18n';
import { Choices } from '../parts/choices';
import { CopyButton } from '../parts/copy_button';
import { Empty, Failure, Skeleton } from '../parts/empty';
import { Untrusted } from '../parts/untrusted';
import { useResource } from '../resource';
import { hrefTo, navigate, route, setQuery } from '../router';
import { language } from '../setting';
import { useKeys } from '../use_keys';

const formats = ['html', 'md', 'json'] as const;
type Format = (typeof formats)[number];

const formatNames: Record<Format, string> = { html: 'HTML', md: 'Markdown', json: 'JSON' };

/** The report's own page in a frame that may run nothing and reach nothing. */
function Frame({ address, title }: { address: string; title: string }) {
  return <iframe class="report-frame" src={address} title={title} sandbox="" referrerpolicy="no-referrer" />;
}

function Source({ address }: { address: string }) {
  const source = useResource(address, (signal) => api.text(address, signal));
  if (source.error) return <Failure error={source.error} retry={source.reload} />;
  if (source.data === null) return source.slow ? <Skeleton lines={14} /> : null;
  return (
    <section class="panel report-source">
      <header>
        <span class="grow" />
        <CopyButton value={source.data} />
      </header>
      <pre class="body">
        <Untrusted text={source.data} max={500_000} />
      </pre>
    </section>
  );
}

export function ReportPage() {
  const t = text.value;
  const { id, query } = route.value;
  const format = formats.find((known) => known === query['format']) ?? 'html';
  const chosen: Language = query['in'] === 'en' || query['in'] === 'zh' ? query['in'] : language.value;
  const address = reportAddress(id, format, chosen);
  const exists = useResource(`incident ${id}`, (signal) => api.incident(id, signal));
  useKeys({ close: () => navigate(hrefTo('incident', id)) });

  return (
    <>
      <div class="page-head">
        <h1>
          {t.incident.report} <a href={hrefTo('incident', id)}>{id}</a>
        </h1>
        <span class="grow" />
        <Choices label={t.report.format} value={format} choices={formats.map((value) => ({ value, label: formatNames[value] }))} choose={(value) => setQuery({ format: value === 'html' ? null : value })} />
        <Choices
          label={t.report.language}
          value={chosen}
          choices={[
            { value: 'en', label: 'English' },
            { value: 'zh', label: '中文' },
          ]}
          choose={(value) => setQuery({ in: value === language.value ? null : value })}
        />
        <a class="button" href={address} download={`${id}.${chosen}.${format}`}>
          {t.report.download}
        </a>
      </div>
      {exists.error && exists.error.status !== 404 && <Failure error={exists.error} retry={exists.reload} />}
      {exists.error?.status === 404 && <Empty lead={t.incident.missing(id)} />}
      {exists.data && !exists.data.report && (
        <Empty lead={t.report.none}>
          <p>{t.report.noneHow}</p>
        </Empty>
      )}
      {exists.data?.report && (format === 'html' ? <Frame key={address} address={address} title={`${t.incident.report} ${id}`} /> : <Source address={address} />)}
    </>
  );
}
