import { useEffect, useRef, useState } from 'react';

import type { AppointmentView, CallbackView, WantedView } from '../api/types';
import { api, live } from '../app';
import { type Texts, useTexts } from '../i18n';
import { LinkMaker, useHomeOffered } from '../session/HomeLink';
import { announce } from '../ui/announce';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Empty, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { byDay, isOpen, wordOf, wordOfCallback } from './planned';
import { SlotPicker } from './SlotPicker';

const REASONS = ['client_cancelled', 'clerk_cancelled'] as const;

/** My point's callbacks in the order of their places, and its appointments day by day. */
export function PlannedList() {
  const { t, day } = useTexts();
  const { appointments, callbacks } = useStore(live.state);
  useEndsAnnounced(appointments, callbacks);
  const days = byDay(appointments);
  return (
    <section className="card stack tight" aria-label={t('planned')} data-testid="planned">
      <h2>{t('planned')}</h2>
      {appointments.length + callbacks.length === 0 ? <Empty icon="away">{t('plannedNone')}</Empty> : null}
      <ul>
        {callbacks.map((item) => (
          <Callback key={item.id} item={item} />
        ))}
      </ul>
      {days.map((each) => (
        <div key={each.key} className="stack tight">
          <h3>{day(each.at)}</h3>
          <ul>
            {each.items.map((item) => (
              <Appointment key={item.id} item={item} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function Appointment({ item }: { item: AppointmentView }) {
  const texts = useTexts();
  const { t, date, time } = texts;
  const acting = useAction();
  const [asking, setAsking] = useState<'move' | 'cancel' | 'link' | null>(null);
  const offered = useHomeOffered(item.agency_id);
  const [chosen, setChosen] = useState<number | null>(null);
  const word = `planned_${wordOf(item)}` as 'planned_booked';
  const act = (work: () => Promise<unknown>) => {
    setAsking(null);
    void acting.run(work);
  };
  return (
    <li className="planned" data-testid={`appointment-${item.id}`} data-state={item.state}>
      <div className="line">
        <strong>{time(item.starts_at_ms)}</strong> <Summary item={item} texts={texts} />
      </div>
      <p className="quiet">
        <Icon name={item.state === 'no_show' ? 'warning' : 'away'} size={16} /> {t(word, { time: time(item.starts_at_ms) })}
      </p>
      <Problem error={acting.error} />
      {isOpen(item) ? (
        <div className="row">
          {item.state === 'arrived' ? null : (
            <button
              type="button"
              className="button"
              data-testid={`arrived-${item.id}`}
              disabled={acting.busy}
              onClick={() => act(() => api.appointment(item.id, 'arrived'))}
            >
              {t('clientHere')}
            </button>
          )}
          <button type="button" className="button" data-testid={`move-${item.id}`} onClick={() => setAsking('move')}>
            {t('moveAppointment')}
          </button>
          {offered ? (
            <button type="button" className="button" data-testid={`link-${item.id}`} onClick={() => setAsking('link')}>
              {t('linkFor')}
            </button>
          ) : null}
          <button
            type="button"
            className="button danger"
            data-testid={`cancel-${item.id}`}
            onClick={() => setAsking('cancel')}
          >
            {t('cancel')}
          </button>
        </div>
      ) : null}
      <Confirm
        open={asking === 'move'}
        title={t('bookTime')}
        {...(chosen === null ? {} : { confirm: t('moveTo', { time: date(chosen) }) })}
        onConfirm={() => act(() => api.moveAppointment(item.id, chosen ?? 0))}
        onClose={() => setAsking(null)}
      >
        <SlotPicker groupId={item.group_id} chosen={chosen} onChoose={setChosen} version={item.starts_at_ms} />
      </Confirm>
      <Confirm open={asking === 'link'} title={t('linkTitle')} cancel={t('close')} onClose={() => setAsking(null)}>
        <p>{t('linkPlanned')}</p>
        <LinkMaker of="appointments" id={item.id} made={false} />
      </Confirm>
      <Reasons
        open={asking === 'cancel'}
        title={t('cancelAppointment')}
        onReason={(reason) => act(() => api.cancelAppointment(item.id, reason))}
        onClose={() => setAsking(null)}
      />
    </li>
  );
}

function Callback({ item }: { item: CallbackView }) {
  const texts = useTexts();
  const { t, time } = texts;
  const now = useNow();
  const acting = useAction();
  const [cancelling, setCancelling] = useState(false);
  const waits = item.state === 'waiting' || item.state === 'ringing';
  const word = `planned_${wordOfCallback(item, now)}` as 'planned_waiting';
  return (
    <li className="planned" data-testid={`callback-${item.id}`} data-state={item.state}>
      <div className="line">
        <Icon name="phone" /> {item.ticket ? <strong>{item.ticket}</strong> : null} <Summary item={item} texts={texts} />
      </div>
      <p className="quiet">
        <Icon name={item.state === 'expired' ? 'warning' : 'away'} size={16} />{' '}
        {t(word, { time: item.rests_until_ms ? time(item.rests_until_ms) : '' })}
      </p>
      <Problem error={acting.error} />
      {waits ? (
        <div className="row">
          <button
            type="button"
            className="button"
            data-testid={`confirm-${item.id}`}
            disabled={acting.busy}
            onClick={() => void acting.run(() => api.callback(item.id, 'confirm'))}
          >
            {t('clientHere')}
          </button>
          <button
            type="button"
            className="button danger"
            data-testid={`cancel-${item.id}`}
            onClick={() => setCancelling(true)}
          >
            {t('cancel')}
          </button>
        </div>
      ) : null}
      <Reasons
        open={cancelling}
        title={t('cancelCallback')}
        onReason={(reason) => {
          setCancelling(false);
          void acting.run(() => api.cancelCallback(item.id, reason));
        }}
        onClose={() => setCancelling(false)}
      />
    </li>
  );
}

function Summary({ item, texts: { t, of } }: { item: WantedView; texts: Texts }) {
  const { groups, officers } = useStore(live.state);
  const group = groups.find((each) => each.id === item.group_id);
  const officer = officers.find((each) => each.id === item.officer_id);
  return (
    <span>
      {group ? of(group.name) : ''}
      {item.client.label ? ` · ${t('clientLabel', { label: item.client.label })}` : ''}
      {officer ? ` · ${t('preferred', { name: officer.name })}` : ''}
    </span>
  );
}

function Reasons({
  open,
  title,
  onReason,
  onClose,
}: {
  open: boolean;
  title: string;
  onReason: (reason: string) => void;
  onClose: () => void;
}) {
  const { t } = useTexts();
  return (
    <Confirm open={open} title={title} cancel={t('close')} onClose={onClose}>
      {REASONS.map((reason) => (
        <button
          key={reason}
          type="button"
          className="button"
          data-testid={`reason-${reason}`}
          onClick={() => onReason(reason)}
        >
          {t(`cancel_${reason}`)}
        </button>
      ))}
    </Confirm>
  );
}

/** An end that nobody asked for is said once: the client did not come, or was not met. */
function useEndsAnnounced(appointments: AppointmentView[], callbacks: CallbackView[]): void {
  const { t } = useTexts();
  const before = useRef<Map<string, string>>(new Map());
  useEffect(() => {
    const all = [...appointments, ...callbacks];
    for (const item of all) {
      const was = before.current.get(item.id);
      if (was && was !== item.state && (item.state === 'no_show' || item.state === 'expired')) {
        announce(t(`planned_${item.state}`));
      }
    }
    before.current = new Map(all.map((item) => [item.id, item.state]));
  }, [appointments, callbacks, t]);
}
