import { useState } from 'react';

import { me } from '../app';
import { useTexts } from '../i18n';
import { Confirm, IconButton } from '../ui/parts';
import { KEYS, setShortcuts, type ShortcutName, shortcutsOn, useShortcut } from '../ui/shortcuts';
import { useStore } from '../ui/store';

const OF_SESSION: ShortcutName[] = ['mic', 'camera', 'sound', 'chat', 'door'];
const OF_ROLE: Partial<Record<string, ShortcutName[]>> = { clerk: ['search', ...OF_SESSION], officer: OF_SESSION };

/** Which keys there are, shown by a button and by the question mark; and whether they work. */
export function Shortcuts() {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  const role = useStore(me)?.principal.role ?? '';
  const on = useStore(shortcutsOn);
  const names = OF_ROLE[role];
  useShortcut('list', () => setOpen(true), names !== undefined);
  if (!names) return null;
  return (
    <>
      <IconButton icon="keyboard" label={`${t('shortcuts')} (${KEYS.list})`} quiet data-testid="shortcuts" onClick={() => setOpen(true)} />
      <Confirm open={open} title={t('shortcuts')} cancel={t('close')} onClose={() => setOpen(false)}>
        <p>{t('shortcutsText')}</p>
        <dl className="facts">
          {names.map((name) => (
            <div key={name} className="key-row">
              <dt>
                <kbd>{KEYS[name]}</kbd>
              </dt>
              <dd>{t(`shortcut_${name}`)}</dd>
            </div>
          ))}
          {role === 'officer' ? (
            <div className="key-row">
              <dt>
                <kbd>Enter</kbd>
              </dt>
              <dd>{t('shortcut_accept')}</dd>
            </div>
          ) : null}
          <div className="key-row">
            <dt>
              <kbd>{KEYS.list}</kbd>
            </dt>
            <dd>{t('shortcut_list')}</dd>
          </div>
        </dl>
        <label className="check">
          <input type="checkbox" data-testid="shortcuts-on" checked={on} onChange={(event) => setShortcuts(event.target.checked)} /> {t('shortcutsOn')}
        </label>
      </Confirm>
    </>
  );
}
