import { type FormEvent, useEffect, useRef, useState } from 'react';

import type { Participant } from '../api/types';
import type { CallHandle } from '../call/useCall';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { useDraft } from '../ui/hooks';
import { Upload } from './Documents';
import { chatId } from './useSessionKeys';

export function Chat({ handle, people, sessionId, files = false }: { handle: CallHandle; people: Participant[]; sessionId: string; files?: boolean }) {
  const { t, word, time } = useTexts();
  const [text, setText] = useDraft(`chat.${sessionId}`);
  const [failed, setFailed] = useState(false);
  /* for those who do not hear: every letter as it is typed */
  const [live, setLive] = useState(false);
  const log = useRef<HTMLDivElement>(null);
  const messages = handle.state.chat;
  useEffect(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [messages]);
  const nameOf = (identity: string) => {
    const person = people.find((each) => each.identity === identity);
    return person ? word('person_', person.role) : '';
  };
  const typers = Object.entries(handle.state.typing).filter(([from, typed]) => typed && people.some((each) => each.identity === from));
  const type = (next: string) => {
    setText(next);
    if (live) handle.call?.pass({ topic: 'typing', text: next });
  };
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim() || !handle.call) return;
    const sent = await handle.call.say(text.trim());
    setFailed(!sent);
    if (sent) setText('');
    if (sent && live) handle.call?.pass({ topic: 'typing', text: '' });
  };
  return (
    <section className="card stack tight" aria-label={t('chat')}>
      <h2>{t('chat')}</h2>
      {/* The log scrolls, so it must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="chat-log" data-testid="chat-log" role="log" aria-label={t('chat')} tabIndex={0} ref={log}>
        <ul>
          {messages.map((message) => (
            <li key={message.id} className={message.mine ? 'mine' : undefined}>
              <span className="small quiet">
                {message.mine ? t('you') : nameOf(message.from)} {time(message.at_ms)}
              </span>
              <br />
              {message.text}
            </li>
          ))}
        </ul>
      </div>
      {messages.length === 0 ? <p className="hint">{t('chatNone')}</p> : null}
      {failed ? (
        <p className="wrong" role="alert">
          {t('chatFailed')}
        </p>
      ) : null}
      {typers.map(([from, typed]) => (
        <p key={from} className="typing" data-testid="typing" aria-live="off">
          {t('typingNow', { name: nameOf(from), text: typed })}
        </p>
      ))}
      <form className="chat-form" onSubmit={(event) => void send(event)}>
        <div className="field">
          <input
            id={chatId(sessionId)}
            data-testid="chat-input"
            aria-label={t('chatPlaceholder')}
            placeholder={t('chatPlaceholder')}
            maxLength={2000}
            value={text}
            onChange={(event) => type(event.target.value)}
          />
        </div>
        <button
          type="submit"
          className="button"
          data-testid="chat-send"
          disabled={!text.trim() || handle.state.phase !== 'connected'}
        >
          <Icon name="send" /> {t('chatSend')}
        </button>
      </form>
      <label className="check">
        <input
          type="checkbox"
          data-testid="typing-show"
          checked={live}
          onChange={(event) => {
            setLive(event.target.checked);
            handle.call?.pass({ topic: 'typing', text: event.target.checked ? text : '' });
          }}
        />{' '}
        {t('typingShow')}
      </label>
      {files ? (
        <Upload
          sessionId={sessionId}
          label={t('chatFile')}
          onSent={(sent) => void handle.call?.say(t('documentSent', { name: sent.name }))}
        />
      ) : null}
    </section>
  );
}
