import { useEffect, useRef, useState } from 'react';
import { Dialog, Modal, ModalOverlay } from 'react-aria-components';

import type { OfferView } from '../api/types';
import { api, live } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { notify, ring } from '../ui/ring';
import { DeclineReasons } from './DeclineReasons';
import { titleOf } from './offer';

/** A call takes the whole screen: who asks from where, about what, how long one has. Enter answers. */
export function OfferScreen({ offer }: { offer: OfferView }) {
  const { t, of, word, duration } = useTexts();
  const now = useNow();
  const answering = useAction();
  const [declining, setDeclining] = useState(false);
  const accept = useRef<HTMLButtonElement>(null);
  const left = Math.max(0, Math.ceil((offer.deadline_at_ms - now) / 1000));
  const title = titleOf(offer, t);

  useEffect(() => {
    const stop = ring();
    const before = document.title;
    document.title = `☎ ${offer.point_name}`;
    accept.current?.focus();
    const notice = notify(t('notification'), `${offer.point_name} · ${of(offer.topic)}`, 'offer');
    announce(`${title} ${of(offer.topic)}`);
    return () => {
      stop();
      document.title = before;
      notice?.close();
    };
    // Once for each offer: a change of language must not ring anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [offer.request_id, offer.version]);

  const decline = (reason: string) => {
    setDeclining(false);
    void answering.run(async () => {
      await api.decline(offer.request_id, offer.version, reason);
      live.patch({ offer: null, offerReason: 'declined' });
    });
  };
  return (
    <>
      <ModalOverlay className="offer-screen" isOpen isKeyboardDismissDisabled>
        <Modal className="offer-card">
          <Dialog className="dialog" role="alertdialog" aria-labelledby="offer-title" aria-describedby="offer-facts">
            <div className="offer" data-testid="offer" data-request={offer.request_id} data-version={offer.version}>
              <h1 id="offer-title">
                <Icon name="ringing" size={32} /> {title}
              </h1>
              <dl id="offer-facts">
                <dt>{t('group')}</dt>
                <dd>{of(offer.topic)}</dd>
                <dt>{t('c_pak')}</dt>
                <dd>{word('', offer.pak)}</dd>
                <dt>{t('requestLanguage')}</dt>
                <dd>{word('lang_', offer.language)}</dd>
                {offer.skills.length > 0 ? (
                  <>
                    <dt>{t('requestSkills')}</dt>
                    <dd>{offer.skills.map((each) => word('skill_', each)).join(', ')}</dd>
                  </>
                ) : null}
                <dt>{t('c_point')}</dt>
                <dd>{t('offerFrom', { place: offer.point_name, clerk: offer.clerk_name })}</dd>
                <dt>{t('ticket')}</dt>
                <dd>
                  {offer.ticket} · {t('offerWaited', { time: duration(offer.waited_s) })}
                </dd>
              </dl>
              <div>
                <div className="countdown" aria-hidden="true">
                  <div style={{ transform: `scaleX(${Math.min(1, left / Math.max(1, offer.timeout_s))})` }} />
                </div>
                <p className="quiet" role="timer">
                  {t('offerLeft', { n: left })}
                </p>
              </div>
              <Problem error={answering.error} />
              <div className="row">
                <button
                  type="button"
                  ref={accept}
                  className="button primary big"
                  data-testid="offer-accept"
                  title="Enter"
                  disabled={answering.busy}
                  onClick={() => void answering.run(() => api.accept(offer.request_id, offer.version))}
                >
                  <Icon name="phone" /> {t('accept')}
                </button>
                <button
                  type="button"
                  className="button big"
                  data-testid="offer-decline"
                  disabled={answering.busy}
                  onClick={() => setDeclining(true)}
                >
                  {t('decline')}
                </button>
              </div>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
      <DeclineReasons open={declining} onClose={() => setDeclining(false)} onChosen={decline} />
    </>
  );
}
