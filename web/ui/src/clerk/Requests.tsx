import { useState } from 'react';

import type { RequestView } from '../api/types';
import { api, live } from '../app';
import { Why } from '../explain/Why';
import { useTexts } from '../i18n';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Empty, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { KEPT_MS, Left, type LeftClient } from './Left';

/** My requests: place, about how long, what happens next and why. */
export function Requests({ requests }: { requests: RequestView[] }) {
  const { t } = useTexts();
  const [left, setLeft] = useState<LeftClient[]>([]);
  const gone = (id: string) => setLeft((now) => now.filter((each) => each.request.id !== id));
  const waiting = requests.filter((request) => request.state === 'queued' || request.state === 'offered');
  return (
    <section className="card stack" aria-label={t('myRequests')}>
      <h2>{t('myRequests')}</h2>
      {left.map((each) => (
        <Left key={each.request.id} left={each} onGone={gone} />
      ))}
      {waiting.length === 0 ? <Empty icon="phone">{t('myRequestsNone')}</Empty> : null}
      <ul>
        {waiting.map((request) => (
          <Request
            key={request.id}
            request={request}
            onLeft={(until_ms) => setLeft((now) => [...now.filter((each) => each.request.id !== request.id), { request, until_ms }])}
          />
        ))}
      </ul>
    </section>
  );
}

function Request({ request, onLeft }: { request: RequestView; onLeft: (until_ms: number) => void }) {
  const { t, of, word, duration } = useTexts();
  const { groups } = useStore(live.state);
  const now = useNow();
  const acting = useAction();
  const [withdrawing, setWithdrawing] = useState(false);
  const group = groups.find((each) => each.id === request.group_id);
  const nextKey = `next_${request.next.code}` as 'next_in_queue';
  const left = request.next.until_ms ? Math.max(0, Math.ceil((request.next.until_ms - now) / 1000)) : null;
  const withdraw = (reason: string) => {
    setWithdrawing(false);
    void acting.run(async () => {
      await api.withdraw(request.id, reason);
      if (reason === 'citizen_left') onLeft(now + KEPT_MS);
    });
  };
  return (
    <li className="request" data-testid={`request-${request.id}`} data-state={request.state} data-next={request.next.code}>
      <div className="row apart">
        <span>
          <span className="ticket">{request.ticket}</span> {group ? of(group.name) : ''}
        </span>
        <span className="quiet">
          {word('', request.pak)}
        </span>
      </div>
      <div className="line">
        <Icon name={request.next.code === 'ringing' ? 'ringing' : 'away'} />
        <strong>
          {t(nextKey, { name: request.next.officer_name ?? '' })} {left === null ? '' : `(${duration(left)})`}
        </strong>
      </div>
      <div className="row quiet">
        {request.position ? <span>{t('place', { n: request.position })}</span> : null}
        <span>{t('waited', { time: duration((now - request.created_at_ms) / 1000) })}</span>
        {request.estimate ? (
          <span>{t('estimate', { low: duration(request.estimate.low_s), high: duration(request.estimate.high_s) })}</span>
        ) : null}
      </div>
      <Why
        ask={() => api.explain(request.id)}
        id={request.id}
        now={`${request.next.code} ${request.next.until_ms ?? ''} ${request.version} ${request.position ?? ''}`}
      />
      <Problem error={acting.error} />
      <div className="row">
        {group?.callbacks ? (
          <button
            type="button"
            className="button"
            data-testid={`callback-of-${request.id}`}
            disabled={acting.busy}
            onClick={() => void acting.run(() => api.keepPlace(request.id))}
          >
            <Icon name="phone" /> {t('callbackKeep')}
          </button>
        ) : null}
        <button
          type="button"
          className="button danger"
          data-testid={`withdraw-${request.id}`}
          disabled={acting.busy}
          onClick={() => setWithdrawing(true)}
        >
          {t('withdraw')}
        </button>
      </div>
      <Confirm open={withdrawing} title={t('withdrawWhy')} onClose={() => setWithdrawing(false)}>
        <button type="button" className="button" data-testid="withdraw-clerk" onClick={() => withdraw('clerk_cancelled')}>
          {t('withdraw_clerk_cancelled')}
        </button>
        <button type="button" className="button" data-testid="withdraw-left" onClick={() => withdraw('citizen_left')}>
          {t('withdraw_citizen_left')}
        </button>
      </Confirm>
    </li>
  );
}
