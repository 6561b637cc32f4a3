import { useState } from 'react';

import { useTexts } from '../i18n';
import { Confirm } from '../ui/parts';
import type { Means } from './types';

/** One card: what it is, how it stands, and what may be done with it now. */
export function MeansRow({ means, mayConfirm, onState }: { means: Means; mayConfirm: boolean; onState: (state: 'active' | 'blocked' | 'revoked') => Promise<unknown> }) {
  const { t, word } = useTexts();
  const [asking, setAsking] = useState(false);
  const name = `${word('means_', means.kind)} ${means.label}`;
  const gone = means.state === 'revoked' || means.state === 'expired';
  return (
    <li className="row apart item-row" data-testid={`means-${means.id}`} data-state={means.state}>
      <span>
        <strong>{name}</strong> <span className={`badge state-${means.state}`}>{word('means_state_', means.state)}</span>
      </span>
      <span className="row">
        {mayConfirm && means.state === 'pending' ? (
          <button type="button" className="button primary" onClick={() => void onState('active')} aria-label={`${t('meansConfirm')}: ${name}`}>
            {t('meansConfirm')}
          </button>
        ) : null}
        {means.state === 'active' ? (
          <button type="button" className="button danger" data-testid="means-block" onClick={() => void onState('blocked')} aria-label={`${t('meansBlock')}: ${name}`}>
            {t('meansBlock')}
          </button>
        ) : null}
        {mayConfirm && means.state === 'blocked' ? (
          <button type="button" className="button" onClick={() => void onState('active')} aria-label={`${t('meansUnblock')}: ${name}`}>
            {t('meansUnblock')}
          </button>
        ) : null}
        {gone ? null : (
          <button type="button" className="button quiet" onClick={() => setAsking(true)} aria-label={`${t('meansRevoke')}: ${name}`}>
            {t('meansRevoke')}
          </button>
        )}
      </span>
      <Confirm
        open={asking}
        title={t('meansRevokeAsk', { name })}
        confirm={t('meansRevoke')}
        danger
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          void onState('revoked');
        }}
      >
        <p>{t('meansRevokeText')}</p>
      </Confirm>
    </li>
  );
}
