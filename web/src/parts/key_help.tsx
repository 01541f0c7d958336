import { keyTable, type KeyGroup } from '../keys';
import { text } from '../i18n';
import { closeOverlay } from '../overlay';
import { Dialog } from './dialog';

const groups: readonly KeyGroup[] = ['list', 'go', 'page'];

export function KeyHelp() {
  const t = text.value.keys;
  return (
    <Dialog label={t.title} close={closeOverlay}>
      <div class="key-help">
        {groups.map((group) => (
          <section key={group}>
            <h2>{t.groups[group]}</h2>
            <dl>
              {keyTable
                .filter((row) => row.group === group)
                .map((row) => (
                  <div key={row.action}>
                    <dt>
                      {row.keys.split(/[ ]/).map((key) => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                    </dt>
                    <dd>{t.actions[row.action]}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
