// What can be done, with its class and the exact command. Nothing here runs anything.
import type { Action } from '../contract';
import { pick, text } from '../i18n';
import { language } from '../setting';
import { plainUntrusted } from '../untrusted';
import { CopyButton } from './copy_button';
import { ObjectName } from './object_name';
import { Untrusted } from './untrusted';

function ActionClass({ name }: { name: string }) {
  const t = text.value.incident;
  const known = name in t.actionClass ? (name as keyof typeof t.actionClass) : null;
  return (
    <span class={`action-class class-${known ?? 'other'}`} title={known ? t.actionClassMeaning[known] : undefined}>
      {known ? t.actionClass[known] : plainUntrusted(name).slice(0, 30)}
    </span>
  );
}

export function ActionList({ actions }: { actions: readonly Action[] }) {
  const t = text.value.incident;
  if (actions.length === 0) return <p class="body muted">{t.noActions}</p>;
  return (
    <>
      <ol class="actions">
        {actions.map((action, i) => (
          <li key={`${i} ${action.type}`}>
            <div class="action-head">
              <span class="muted">{i + 1}</span>
              <ActionClass name={action.class} />
              <span class="action-text">
                <Untrusted text={pick(action.text, action.text_zh, language.value) || action.type} max={1_000} />
              </span>
              {action.object && <ObjectName object={action.object} />}
            </div>
            {action.command && (
              <div class="action-command">
                <pre class="command">
                  <Untrusted text={action.command} max={4_000} />
                </pre>
                <CopyButton value={plainUntrusted(action.command)} />
              </div>
            )}
          </li>
        ))}
      </ol>
      <p class="body muted actions-note">{t.neverRuns}</p>
    </>
  );
}
