import { useState } from 'react';

import type { SessionView } from '../api/types';
import { api, live } from '../app';
import { Lend } from '../control/Lend';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { placeOf } from '../workstations/place';

/** The client's workstation: waiting unseen until the clerk opens it, for this session and a short time. */
export function WorkstationPanel({ session }: { session: SessionView }) {
  const { t, time } = useTexts();
  const { workstations } = useStore(live.state);
  const [chosen, setChosen] = useState('');
  const [code, setCode] = useState<{ code: string; expires_at_ms: number } | null>(null);
  const acting = useAction();
  const place = session.workstation;
  const id = place?.id ?? (chosen || null);
  const state = place?.state ?? 'none';
  const authorise = (delivery: 'push' | 'code') =>
    id &&
    acting.run(async () => {
      const given = await api.authorise(session.id, id, delivery);
      setCode(delivery === 'code' ? given : null);
    });
  return (
    <section className="card stack tight" aria-label={t('kioskCard')} data-testid="workstation" data-state={state}>
      <div className="row apart">
        <h2>
          <Icon name="kiosk" /> {place ? `${place.name} (${place.point_name})` : t('kioskCard')}
        </h2>
        <strong>{t(`kiosk_${state}`)}</strong>
      </div>
      {place ? null : (
        <Field id="workstation-choice" label={t('chooseWorkstation')}>
          <select id="workstation-choice" value={chosen} onChange={(event) => setChosen(event.target.value)}>
            <option value="">{t('choose')}</option>
            {workstations
              .filter((each) => each.state === 'free')
              .map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name} ({placeOf(each)}){each.online ? '' : ` — ${t('workstationOffline')}`}
                </option>
              ))}
          </select>
        </Field>
      )}
      <Problem error={acting.error} />
      {code && state !== 'in_session' ? (
        <div className="notice">
          <p>{t('codeSay')}</p>
          <p className="code" data-testid="authorise-code">
            {code.code}
          </p>
          <p className="hint">{t('codeUntil', { time: time(code.expires_at_ms) })}</p>
        </div>
      ) : null}
      <div className="row">
        {state === 'in_session' ? null : (
          <>
            <button
              type="button"
              className="button primary"
              data-testid="authorise"
              disabled={!id || acting.busy}
              onClick={() => void authorise('push')}
            >
              <Icon name="check" /> {t('authorise')}
            </button>
            <button
              type="button"
              className="button"
              data-testid="show-code"
              disabled={!id || acting.busy}
              onClick={() => void authorise('code')}
            >
              {t('showCode')}
            </button>
          </>
        )}
        {state === 'in_session' || state === 'authorised' ? (
          <button
            type="button"
            className="button danger"
            data-testid="revoke"
            disabled={acting.busy}
            onClick={() => {
              setCode(null);
              void acting.run(() => api.revoke(session.id));
            }}
          >
            {t('revoke')}
          </button>
        ) : null}
      </div>
      <Lend session={session} />
    </section>
  );
}
