import { type FormEvent, useState } from 'react';

import type { LobbyEntry, SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { useInsist } from '../ui/useInsist';
import { acts } from './acts';
import { doorId } from './useSessionKeys';

/** Whoever waits before the door, the first first, with what is said to them. Rendered for the moderator. */
export function Door({ session, onAdmitWorkstation }: { session: SessionView; onAdmitWorkstation?: () => Promise<unknown> }) {
  const { t, word, duration } = useTexts();
  const acting = useAction();
  const now = useNow(session.lobby.length > 0);
  const [message, setMessage] = useState('');
  const knocking = session.lobby.filter((each) => !each.held);
  const name = (each: LobbyEntry) => each.name || word('person_', each.role);
  useInsist(knocking.map((each) => each.identity).join(' '), t('door'), t('doorKnock', { name: knocking.map(name).join(', ') }), 'door');
  if (session.lobby.length === 0) return null;
  const tell = (event: FormEvent) => {
    event.preventDefault();
    void acting.run(async () => {
      await acts.tellLobby(session.id, message.trim());
      setMessage('');
    });
  };
  // a workstation is opened by the clerk alone, whoever moderates
  const needsClerk = (each: LobbyEntry) => each.via === 'kiosk' && !each.held && !onAdmitWorkstation;
  const admit = (each: LobbyEntry) =>
    each.via === 'kiosk' && !each.held ? (onAdmitWorkstation?.() ?? Promise.resolve()) : acts.admit(session.id, each.identity);
  return (
    <section className="card stack tight" aria-label={t('door')} data-testid="door" id={doorId(session.id)}>
      <h2>
        <Icon name="ringing" /> {t('door')}
      </h2>
      <Problem error={acting.error} />
      <ol className="people">
        {session.lobby.map((each, index) => (
          <li key={each.identity} data-testid={`knock-${each.identity}`} data-role={each.role}>
            <span className="grow">
              <strong>{name(each)}</strong>
              <br />
              <span className="quiet small">
                {t('doorPlace', { n: index + 1 })} · {each.held ? t('doorHeld') : each.via ? t(`via_${each.via}`) : ''} ·{' '}
                {t('doorSince', { time: duration((now - each.since_ms) / 1000) })}
              </span>
            </span>
            <button
              type="button"
              className="button primary"
              data-testid={`admit-${each.identity}`}
              aria-label={t('doorAdmitName', { name: name(each) })}
              disabled={acting.busy || needsClerk(each)}
              onClick={() => void acting.run(() => admit(each))}
            >
              <Icon name="check" /> {t('doorAdmit')}
            </button>
            {each.role === 'specialist' || each.via === 'link' ? (
              <button type="button" className="button" data-testid={`refuse-${each.identity}`} aria-label={t('doorRefuseName', { name: name(each) })} disabled={acting.busy} onClick={() => void acting.run(() => api.remove(session.id, each.identity))}>
                {t('doorRefuse')}
              </button>
            ) : null}
            {needsClerk(each) ? <p className="hint">{t('doorClerkOnly')}</p> : null}
          </li>
        ))}
      </ol>
      {session.lobby_message ? (
        <div className="row apart">
          <p className="hint">{t('doorMessageShown', { message: session.lobby_message })}</p>
          <button type="button" className="button" data-testid="lobby-message-clear" disabled={acting.busy} onClick={() => void acting.run(() => acts.tellLobby(session.id, ''))}>
            {t('doorMessageClear')}
          </button>
        </div>
      ) : null}
      <form className="stack tight" onSubmit={tell}>
        <Field id={`lobby-${session.id}`} label={t('doorMessage')} hint={t('doorMessageHint')}>
          <input
            id={`lobby-${session.id}`}
            data-testid="lobby-message"
            aria-describedby={`lobby-${session.id}-hint`}
            maxLength={300}
            value={message}
            onChange={(event) => setMessage(event.target.value)}
          />
        </Field>
        <div className="row">
          <button type="submit" className="button" data-testid="lobby-message-send" disabled={acting.busy || !message.trim()}>
            {t('doorMessageSend')}
          </button>
        </div>
      </form>
    </section>
  );
}
