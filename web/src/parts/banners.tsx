// What a reader must know before believing the page: no login, lost connection, stale data.
import { now } from '../clock';
import { link, reconnectNow } from '../stream';
import { load, loadStore, status } from '../store';
import { text } from '../i18n';
import { language } from '../setting';
import { formatMoment } from '../time';

function Insecure() {
  const t = text.value.banner;
  if (!status.value?.insecure) return null;
  return (
    <div class="banner warn" role="note">
      <strong>{t.insecure}</strong>
      <span>{t.insecureHow}</span>
    </div>
  );
}

function Lost() {
  const t = text.value.banner;
  const { state, since, retryAt } = link.value;
  if (state !== 'lost') return null;
  const seconds = Math.ceil((retryAt - now.value) / 1000);
  return (
    <div class="banner bad" role="alert">
      <strong>{t.lost(formatMoment(since, now.value, language.value))}</strong>
      <span aria-live="off">{retryAt === 0 || seconds <= 0 ? t.retrying : t.retryIn(seconds)}</span>
      <button class="button small" type="button" onClick={reconnectNow}>
        {t.retryNow}
      </button>
    </div>
  );
}

function Failed() {
  const t = text.value;
  const { at, error } = load.value;
  if (!error || at === null || link.value.state === 'lost') return null;
  return (
    <div class="banner bad" role="alert">
      <strong>{t.banner.loadFailed(formatMoment(at, now.value, language.value))}</strong>
      <button class="button small" type="button" onClick={() => void loadStore()}>
        {t.common.retry}
      </button>
    </div>
  );
}

export function Banners() {
  return (
    <>
      <Insecure />
      <Lost />
      <Failed />
    </>
  );
}
