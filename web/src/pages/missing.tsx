import { text } from '../i18n';
import { Empty } from '../parts/empty';
import { hrefTo } from '../router';

export function MissingPage() {
  const t = text.value.common;
  return (
    <Empty lead={t.notFound}>
      <a class="button" href={hrefTo('fleet')}>
        {t.toFleet}
      </a>
    </Empty>
  );
}
