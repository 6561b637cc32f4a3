import { useEffect, useState } from 'react';

import type { ControlLevel } from '../api/control';
import type { SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';

const MINUTES = [5, 10, 20];
/** What is given in one click, with the client's stop button beside it. */
const WISHED_S = 600;
const LEVELS: ControlLevel[] = ['view', 'guide', 'control'];

/** The clerk lends the client's workstation to an official, by level and for a time; and sees to whom it is lent. */
export function Lend({ session }: { session: SessionView }) {
  const { t, time } = useTexts();
  const [level, setLevel] = useState<ControlLevel>('view');
  const [minutes, setMinutes] = useState(5);
  const [whom, setWhom] = useState('');
  const { run, busy, error } = useAction();
  const lent = useLent(session);
  const officials = session.participants.filter(
    (each) => (each.role === 'officer' || each.role === 'specialist') && each.state === 'joined',
  );
  const identity = officials.some((each) => each.identity === whom) ? whom : (officials[0]?.identity ?? '');
  const wish = session.wish;
  const asking = officials.find((each) => each.identity === wish?.identity);
  const asked = asking && wish ? t(`wish_${wish.level}`, { name: asking.name }) : '';
  useEffect(() => {
    if (asked) announce(asked);
  }, [asked]);
  if (session.workstation?.state !== 'in_session') return null;
  const give = (to: string, what: ControlLevel) => void run(() => api.lend(session.id, to, what, WISHED_S));
  return (
    <div className="stack tight" data-testid="lend" data-level={lent?.level ?? 'none'}>
      <h3>{t('lendTitle')}</h3>
      <Problem error={error} />
      {session.pak === 'PAK_05' && !lent && !wish && officials[0] ? (
        <div className="notice stack tight" data-testid="portal-support">
          <p>{t('portalText', { name: officials[0].name })}</p>
          <div className="row">
            <button type="button" className="button primary" data-testid="portal-show" disabled={busy} onClick={() => give(officials[0]?.identity ?? '', 'view')}>
              <Icon name="screen" /> {t('portalShow')}
            </button>
          </div>
        </div>
      ) : null}
      {wish && asking && !lent ? (
        <div className="notice stack tight" role="alert" data-testid="wish" data-level={wish.level}>
          <p>{t(`wish_${wish.level}`, { name: asking.name })}</p>
          <div className="row">
            <button type="button" className="button primary" data-testid="wish-yes" disabled={busy} onClick={() => give(wish.identity, wish.level)}>
              {t('wishYes')}
            </button>
            <button type="button" className="button" data-testid="wish-no" disabled={busy} onClick={() => void run(() => api.dismissWish(session.id))}>
              {t('askedNo')}
            </button>
          </div>
        </div>
      ) : null}
      {lent ? (
        <div className="row apart">
          <span role="status">
            <Icon name="screen" /> {t(`lent_${lent.level}`, { name: lent.name, time: time(lent.until_ms) })}
          </span>
          <button type="button" className="button danger" data-testid="lend-stop" disabled={busy} onClick={() => void run(() => api.stopControl(session.id))}>
            {t('lendStop')}
          </button>
        </div>
      ) : officials.length === 0 ? (
        <p className="hint">{t('lendNobody')}</p>
      ) : (
        <form
          className="stack tight"
          onSubmit={(event) => {
            event.preventDefault();
            void run(() => api.lend(session.id, identity, level, minutes * 60));
          }}
        >
          {officials.length > 1 ? (
            <Field id="lend-whom" label={t('lendWhom')}>
              <select id="lend-whom" value={identity} onChange={(event) => setWhom(event.target.value)}>
                {officials.map((each) => (
                  <option key={each.identity} value={each.identity}>
                    {each.name}
                  </option>
                ))}
              </select>
            </Field>
          ) : null}
          <Field id="lend-level" label={t('lendLevel')}>
            <select id="lend-level" data-testid="lend-level" value={level} onChange={(event) => setLevel(event.target.value as ControlLevel)}>
              {LEVELS.map((each) => (
                <option key={each} value={each}>
                  {t(`lendLevel_${each}`)}
                </option>
              ))}
            </select>
          </Field>
          <Field id="lend-minutes" label={t('lendMinutes')}>
            <select id="lend-minutes" value={minutes} onChange={(event) => setMinutes(Number(event.target.value))}>
              {MINUTES.map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </Field>
          <div className="row">
            <button type="submit" className="button" data-testid="lend-go" disabled={busy}>
              {t('lendGo')}
            </button>
          </div>
        </form>
      )}
    </div>
  );
}

/** What is lent now; what has run out is not, whether or not the service has said so yet. */
export function useLent(session: SessionView) {
  const now = useNow(session.control !== null);
  return session.control && now < session.control.until_ms ? session.control : null;
}
