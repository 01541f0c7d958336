// Lists that have nothing to show say why, and what would fill them.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api';
import { text } from '../i18n';

export function Empty({ lead, children }: { lead: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="lead">{lead}</p>
      {children}
    </div>
  );
}

export function Failure({ error, retry }: { error: ApiError; retry: () => void }) {
  const t = text.value;
  return (
    <div class="failure" role="alert">
      <strong>{error.status === 0 ? t.common.noAnswer : `${error.status} ${error.message}`}</strong>
      <span>{error.status === 0 ? t.common.noAnswerHow : error.detail}</span>
      <button class="button small" type="button" onClick={retry}>
        {t.common.retry}
      </button>
    </div>
  );
}

/** Grey lines in the place of what is coming; shown only when the wait is long enough to be noticed. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label={text.value.common.loading}>
      {Array.from({ length: lines }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}
