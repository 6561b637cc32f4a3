import { useState } from 'react';

import type { AwayReason, OfficerCard } from '../api/types';
import { api, live } from '../app';
import { useTexts } from '../i18n';
import { newest } from '../live/state';
import { Notices } from '../notices/Notices';
import { byId, Held } from '../session/Held';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Empty, Indicator, Loading, Problem } from '../ui/parts';
import { askForNotifications } from '../ui/ring';
import { useStore } from '../ui/store';
import { ClientCard } from './ClientCard';
import { OfferBanner } from './OfferBanner';
import { OfferScreen } from './OfferScreen';
import { OfficerSession } from './OfficerSession';
import { WrapUpCard } from './WrapUpCard';

const REASONS: AwayReason[] = ['break', 'lunch', 'meeting', 'training', 'other'];

/** One thing at a time: the offer that rings, the session, the wrap-up, or the wait for the next call. */
export function OfficerConsole() {
  const { t, duration, of } = useTexts();
  const state = useStore(live.state);
  if (!state.ready || !state.officer) return <Loading />;
  const officer = state.officer;
  const session = state.session && state.session.state !== 'ended' ? state.session : null;
  return (
    <div className="console two">
      <h1 className="hidden">
        {t('console')}: {officer.name}
      </h1>
      {state.offer && !session ? <OfferScreen offer={state.offer} /> : null}
      <div className="main stack">
        <Notices groups={state.groups.map((group) => group.id)} officerId={officer.id} />
        {state.offer && session ? <OfferBanner offer={state.offer} session={session} /> : null}
        {state.wrapUp ? <WrapUpCard key={state.wrapUp.session_id} wrapUp={state.wrapUp} /> : null}
        <Held sessions={state.held} />
        {[...(session ? [session] : []), ...state.held].sort(byId).map((each) => (
          <div key={each.id} hidden={each.id !== session?.id}>
            <OfficerSession session={each} held={each.id !== session?.id} />
          </div>
        ))}
        {session ? null : (
          <>
            <Availability officer={officer} />
            <OfferEnded />
            {state.wrapUp || state.offer ? null : (
              <Empty icon={officer.indicator === 'available' ? 'ringing' : 'away'}>
                {officer.indicator === 'available' ? t('officerIdle') : t('officerIdleAway')}
              </Empty>
            )}
          </>
        )}
      </div>
      <div className="side stack">
        {session ? <ClientCard session={session} /> : null}
        <section className="card stack tight" aria-label={t('today')}>
          <h2>{t('today')}</h2>
          <p className="figures">
            <span>{t('served', { n: state.load?.served ?? 0 })}</span>
            <span>{t('handling', { time: duration(state.load?.handling_s ?? 0) })}</span>
            <span>{t('missed', { n: state.load?.missed ?? 0 })}</span>
          </p>
        </section>
        <section className="card stack tight" aria-label={t('myGroups')}>
          <h2>{t('myGroups')}</h2>
          <ul className="stack tight">
            {state.groups.map((group) => (
              <li key={group.id}>
                <strong>{of(group.name)}</strong>
                <br />
                <span className="quiet small">
                  {t('groupWaiting', { n: group.waiting })} · {t('groupAvailable', { n: group.available })}
                </span>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </div>
  );
}

function Availability({ officer }: { officer: OfficerCard }) {
  const { t } = useTexts();
  const [reason, setReason] = useState<AwayReason>('break');
  const choosing = useAction();
  const choose = (choice: 'available' | 'away' | 'offline') =>
    void choosing.run(async () => {
      askForNotifications();
      const card = await api.presence(choice, choice === 'away' ? reason : undefined);
      live.state.update((state) => ({ ...state, officer: newest(state.officer, card) }));
    });
  const missed = officer.indicator === 'away' && officer.reason === 'not_answering';
  return (
    <section className="card stack" aria-label={t('availability')}>
      <div className="row apart">
        <h2>{t('availability')}</h2>
        <Indicator name={officer.indicator} reason={officer.reason} id={officer.id} />
      </div>
      {missed ? (
        <div className="notice stack tight" role="status" data-testid="not-answering">
          <h3>{t('notAnsweringTitle')}</h3>
          <p>{t('notAnsweringText')}</p>
          <div className="row">
            <button type="button" className="button primary" onClick={() => choose('available')}>
              {t('backAvailable')}
            </button>
          </div>
        </div>
      ) : null}
      <Problem error={choosing.error} />
      <div className="availability">
        <button
          type="button"
          className="button big"
          data-testid="availability-available"
          aria-pressed={officer.indicator === 'available'}
          disabled={choosing.busy}
          onClick={() => choose('available')}
        >
          <Icon name="available" /> {t('goAvailable')}
        </button>
        <button
          type="button"
          className="button big"
          data-testid="availability-away"
          aria-pressed={officer.indicator === 'away'}
          disabled={choosing.busy}
          onClick={() => choose('away')}
        >
          <Icon name="away" /> {t('goAway')}
        </button>
        <button
          type="button"
          className="button big"
          data-testid="availability-offline"
          aria-pressed={officer.indicator === 'offline'}
          disabled={choosing.busy}
          onClick={() => choose('offline')}
        >
          <Icon name="offline" /> {t('goOffline')}
        </button>
      </div>
      <fieldset>
        <legend className="small">{t('awayReason')}</legend>
        <div className="row">
          {REASONS.map((each) => (
            <label key={each} className="check">
              <input
                type="radio"
                name="away-reason"
                checked={reason === each}
                onChange={() => setReason(each)}
              />
              {t(`away_${each}`)}
            </label>
          ))}
        </div>
      </fieldset>
    </section>
  );
}

/** Why the ringing stopped, when it was not the officer's own doing. */
function OfferEnded() {
  const { t } = useTexts();
  const { offerReason } = useStore(live.state);
  const told = ['withdrawn', 'taken', 'no_answer', 'moved'] as const;
  const reason = told.find((each) => each === offerReason);
  if (!reason) return null;
  return (
    <p className="notice" role="status">
      {t(`offer_${reason}`)}
    </p>
  );
}
