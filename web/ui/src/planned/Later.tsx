import { useEffect, useRef, useState } from 'react';

import type { NewRequest } from '../api/client';
import type { GroupHours } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { serverNow, useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { SlotPicker } from './SlotPicker';

/** What a timer can wait for. */
const LONGEST_MS = 2 ** 31 - 1;

/** When a group is open and what it offers to those who come at another time; `version` changes when to ask anew. */
export function useHours(groupId: string | null, version: unknown): GroupHours | null {
  const [found, setFound] = useState<{ of: string; hours: GroupHours } | null>(null);
  useEffect(() => {
    if (!groupId) return;
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      void api.hours(groupId).then(
        (hours) => {
          if (!current) return;
          setFound({ of: groupId, hours });
          const turn = hours.opens_at_ms ?? hours.closes_at_ms;
          if (turn) timer = setTimeout(ask, Math.min(LONGEST_MS, Math.max(1_000, turn - serverNow())));
        },
        // The form works without: a closed group says so when the request is sent.
        () => undefined,
      );
    ask();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [groupId, version]);
  return found && found.of === groupId ? found.hours : null;
}

/** What can be done instead of a request now: an appointment, or a callback when the group is closed. */
export function Later({
  groupId,
  hours,
  bodyOf,
  chosen,
  onChoose,
  onDone,
}: {
  groupId: string;
  hours: GroupHours;
  /** the form's content, or null when something in it must be mended first */
  bodyOf: () => NewRequest | null;
  /** the time at which an appointment would start; the form's own button then steps back */
  chosen: number | null;
  onChoose: (startsAtMs: number | null) => void;
  onDone: () => void;
}) {
  const { t, date } = useTexts();
  const acting = useAction();
  const [booking, setBooking] = useState(false);
  const [version, setVersion] = useState(0);
  const [done, setDone] = useState('');
  const key = useRef(crypto.randomUUID());

  const act = async (send: (body: NewRequest) => Promise<unknown>, said: string) => {
    const body = bodyOf();
    if (!body) return;
    const sent = await acting.run(() => send(body));
    // A time that somebody else took is seen at once; a key stands for one attempt with one body.
    setVersion((number) => number + 1);
    key.current = crypto.randomUUID();
    if (!sent) return;
    setBooking(false);
    onChoose(null);
    setDone(said);
    announce(said);
    onDone();
  };
  const book = (startsAtMs: number) =>
    act((body) => api.book(body, startsAtMs, key.current), t('booked', { time: date(startsAtMs) }));

  return (
    <div className="stack tight" data-testid="later">
      {hours.open ? null : (
        <p className="notice" role="status" data-testid="group-closed">
          {hours.opens_at_ms ? t('groupOpens', { time: date(hours.opens_at_ms) }) : t('groupClosed')}
        </p>
      )}
      {done ? (
        <p className="line" data-testid="later-done">
          <Icon name="check" /> {done}
        </p>
      ) : null}
      <Problem error={acting.error} />
      <div className="row">
        {hours.appointments ? (
          <button
            type="button"
            className="button"
            data-testid="book-later"
            aria-expanded={booking}
            onClick={() => {
              setBooking(!booking);
              onChoose(null);
              setDone('');
            }}
          >
            <Icon name="away" /> {t('bookLater')}
          </button>
        ) : null}
        {hours.callbacks && !hours.open ? (
          <button
            type="button"
            className="button"
            data-testid="ask-callback"
            disabled={acting.busy}
            onClick={() => void act((body) => api.askCallback(body, key.current), t('callbackAsked'))}
          >
            <Icon name="phone" /> {t('callbackAsk')}
          </button>
        ) : null}
      </div>
      {booking ? (
        <>
          <SlotPicker groupId={groupId} chosen={chosen} onChoose={onChoose} version={version} />
          {chosen === null ? null : (
            <button
              type="button"
              className="button primary"
              data-testid="book"
              disabled={acting.busy}
              onClick={() => void book(chosen)}
            >
              <Icon name="check" /> {t('bookAt', { time: date(chosen) })}
            </button>
          )}
        </>
      ) : null}
    </div>
  );
}
