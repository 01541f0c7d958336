import { useEffect, useState } from 'preact/hooks';
import { text } from '../i18n';

/** The clipboard is there only on https and localhost; elsewhere a selected text field has to do. */
async function copyText(value: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(value);
    return;
  }
  const field = document.createElement('textarea');
  field.value = value;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

export function CopyButton({ value, label }: { value: string; label?: string }) {
  const t = text.value.common;
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      class="button small"
      type="button"
      onClick={() =>
        void copyText(value).then(
          () => setCopied(true),
          () => setCopied(false),
        )
      }
    >
      {copied ? t.copied : (label ?? t.copy)}
    </button>
  );
}
