import { type FormEvent, useState } from 'react';

import type { Role } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Empty, Field, Problem } from '../ui/parts';
import { change } from './store';
import type { Overview, System } from './types';

/** Programs with keys of their own; a secret is shown once. */
export function SystemsPage({ found, role }: { found: Overview; role: Role }) {
  const { t, word } = useTexts();
  const kinds = role === 'provider' ? ['both', 'identification', 'transaction'] : ['instructions'];
  const [name, setName] = useState('');
  const [kind, setKind] = useState(kinds[0] ?? 'both');
  const [secret, setSecret] = useState('');
  const acting = useAction();
  const add = (event: FormEvent) => {
    event.preventDefault();
    void acting.run(async () => {
      const made = await change(() => api.send<{ system: System; secret: string }>('POST', '/api/avis/systems', { name: name.trim(), kind }));
      setSecret(`${made.system.client_id} / ${made.secret}`);
      setName('');
    });
  };
  return (
    <>
      <div>
        <h1>{t('avisSystems')}</h1>
        <p className="hint">{t('systemsHint')}</p>
      </div>
      <Problem error={acting.error} />
      {secret ? (
        <p role="status" className="notice secret" data-testid="secret">
          {t('systemSecret', { secret })}
        </p>
      ) : null}
      <section className="card stack" aria-label={t('avisSystems')}>
        {found.systems.length === 0 ? <Empty icon="settings">{t('systemsNone')}</Empty> : null}
        <ul className="stack tight">
          {found.systems.map((each) => (
            <li key={each.client_id} className="row apart item-row">
              <span>
                <strong>{each.name}</strong>{' '}
                <span className={`badge state-${each.active ? 'active' : 'blocked'}`}>{each.active ? t('systemActive') : t('systemBlocked')}</span>
                <br />
                <span className="quiet">
                  {each.client_id} · {word('system_', each.kind)}
                </span>
              </span>
              <span className="row">
                <button
                  type="button"
                  className="button"
                  aria-label={`${t('systemRenew')}: ${each.name}`}
                  onClick={() => void acting.run(async () => setSecret(`${each.client_id} / ${(await api.send<{ secret: string }>('POST', `/api/avis/systems/${each.client_id}/renew`)).secret}`))}
                >
                  {t('systemRenew')}
                </button>
                <button
                  type="button"
                  className={each.active ? 'button danger' : 'button'}
                  aria-label={`${each.active ? t('systemBlock') : t('systemUnblock')}: ${each.name}`}
                  onClick={() => void acting.run(() => change(() => api.send('POST', `/api/avis/systems/${each.client_id}/active`, { active: !each.active })))}
                >
                  {each.active ? t('systemBlock') : t('systemUnblock')}
                </button>
              </span>
            </li>
          ))}
        </ul>
        <form className="row bottom" onSubmit={add}>
          <Field id="system-name" label={t('systemName')}>
            <input id="system-name" required value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field id="system-kind" label={t('systemKind')}>
            <select id="system-kind" value={kind} onChange={(event) => setKind(event.target.value)}>
              {kinds.map((each) => (
                <option key={each} value={each}>
                  {word('system_', each)}
                </option>
              ))}
            </select>
          </Field>
          <button type="submit" className="button primary" data-testid="system-add" disabled={acting.busy}>
            {t('systemAdd')}
          </button>
        </form>
      </section>
    </>
  );
}
