import { type FormEvent, useEffect, useState } from 'react';

import type { LobbyEntry, SessionView } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { notify, ring } from '../ui/ring';
import { acts } from './acts';

/** Knocked again so often until somebody is let in or sent away. */
const KNOCK_MS = 10_000;

/** Whoever waits before the door, the first first, with what is said to them. Rendered for the moderator. */
export function Door({ session, onAdmitWorkstation }: { session: SessionView; onAdmitWorkstation?: () => Promise<unknown> }) {
  const { t, word, duration } = useTexts();
  const acting = useAction();
  const now = useNow(session.lobby.length > 0);
  const [message, setMessage] = useState('');
  const knocking = session.lobby.filter((each) => !each.held);
  const name = (each: LobbyEntry) => each.name || word('person_', each.role);
  useKnock(knocking.map((each) => each.identity).join(' '), knocking[0] ? t('doorKnock', { name: name(knocking[0]) }) : '', t('door'));
  if (session.lobby.length === 0) return null;
  const tell = (event: FormEvent) => {
    event.preventDefault();
    void acting.run(async () => {
      await acts.tellLobby(session.id, message.trim());
      setMessage('');
    });
  };
  const admit = (each: LobbyEntry) =>
    each.via === 'kiosk' && !each.held ? (onAdmitWorkstation?.() ?? Promise.resolve()) : acts.admit(session.id, each.identity);
  return (
    <section className="card stack tight" aria-label={t('door')} data-testid="door">
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
              disabled={acting.busy || (each.via === 'kiosk' && !each.held && !onAdmitWorkstation)}
              onClick={() => void acting.run(() => admit(each))}
            >
              <Icon name="check" /> {t('doorAdmit')}
            </button>
            {each.role === 'specialist' || each.via === 'link' ? (
              <button type="button" className="button" data-testid={`refuse-${each.identity}`} disabled={acting.busy} onClick={() => void acting.run(() => api.remove(session.id, each.identity))}>
                {t('doorRefuse')}
              </button>
            ) : null}
          </li>
        ))}
      </ol>
      {session.lobby_message ? <p className="hint">{t('doorMessageShown', { message: session.lobby_message })}</p> : null}
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

/** A knock for the ear and a notice of the browser, again and again while the same people wait. */
function useKnock(who: string, text: string, title: string): void {
  useEffect(() => {
    if (!who) return;
    announce(text);
    const sounds: (() => void)[] = [];
    const knock = () => sounds.push(ring({ once: true }));
    knock();
    let notice = notify(title, text, 'door');
    const timer = setInterval(() => {
      knock();
      notice?.close();
      notice = notify(title, text, 'door');
    }, KNOCK_MS);
    return () => {
      clearInterval(timer);
      for (const stop of sounds) stop();
      notice?.close();
    };
    // a change of language must not knock anew
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [who]);
}
