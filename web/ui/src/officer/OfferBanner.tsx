import { useState } from 'react';

import type { OfferView, SessionView } from '../api/types';
import { api, live } from '../app';
import { useTexts } from '../i18n';
import { toFront } from '../live/state';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Problem } from '../ui/parts';
import { useInsist } from '../ui/useInsist';
import { DeclineReasons } from './DeclineReasons';
import { titleOf } from './offer';

/** A call that comes while one is in a session: it leaves the screen, and the keyboard, to those who are talking. */
export function OfferBanner({ offer, session }: { offer: OfferView; session: SessionView }) {
  const { t, of, word } = useTexts();
  const now = useNow();
  const answering = useAction();
  const [asking, setAsking] = useState<'accept' | 'decline' | null>(null);
  const left = Math.max(0, Math.ceil((offer.deadline_at_ms - now) / 1000));

  useInsist(`${offer.request_id} ${offer.version}`, t('notification'), `${t('offerMeanwhile')}. ${titleOf(offer, t)} ${of(offer.topic)}`, 'offer');

  const accept = (finish: boolean) => {
    setAsking(null);
    void answering.run(async () => {
      await api.accept(offer.request_id, offer.version);
      live.state.update((state) => toFront(state, offer.request_id));
      // the new one first: when it is gone already, the running one must not have been left for it
      if (finish) await api.leave(session.id);
    });
  };
  const decline = (reason: string) => {
    setAsking(null);
    void answering.run(async () => {
      await api.decline(offer.request_id, offer.version, reason);
      live.patch({ offer: null, offerReason: 'declined' });
    });
  };
  return (
    <section
      className="offer-banner stack tight"
      aria-label={t('offerMeanwhile')}
      data-testid="offer-banner"
      data-request={offer.request_id}
      data-version={offer.version}
    >
      <div className="row apart">
        <div>
          <h2>
            <Icon name="ringing" /> {titleOf(offer, t)}
          </h2>
          <p>
            {of(offer.topic)} · {word('lang_', offer.language)} · {offer.ticket}
          </p>
          <p className="quiet" role="timer">
            {t('offerLeft', { n: left })}
          </p>
        </div>
        <div className="row">
          <button
            type="button"
            className="button primary"
            data-testid="offer-accept"
            disabled={answering.busy}
            onClick={() => setAsking('accept')}
          >
            <Icon name="phone" /> {t('accept')}
          </button>
          <button
            type="button"
            className="button"
            data-testid="offer-decline"
            disabled={answering.busy}
            onClick={() => setAsking('decline')}
          >
            {t('decline')}
          </button>
        </div>
      </div>
      <Problem error={answering.error} />
      <Confirm open={asking === 'accept'} title={t('acceptAsk')} onClose={() => setAsking(null)}>
        <p>{t('acceptAskText')}</p>
        <button type="button" className="button primary" data-testid="accept-hold" onClick={() => accept(false)}>
          {t('acceptHold')}
        </button>
        <button type="button" className="button danger" data-testid="accept-finish" onClick={() => accept(true)}>
          {t('acceptFinish')}
        </button>
      </Confirm>
      <DeclineReasons open={asking === 'decline'} onClose={() => setAsking(null)} onChosen={decline} />
    </section>
  );
}
