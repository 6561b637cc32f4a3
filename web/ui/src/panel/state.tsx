import { useState } from 'react';

import { useTexts } from '../i18n';
import type { Bilingual } from '../api/types';
import { useStore } from '../ui/store';
import { identity, panel } from './identity';
import { useWidget, Widget } from './Widget';

/** The official electronic address, of the person or of the company acted for. */
export function EaddressWidget() {
  const { t, date } = useTexts();
  const company = useStore(identity);
  const source = useWidget<{ status: 'active' | 'inactive'; as_of_ms: number }>('eaddress');
  return (
    <Widget name="eaddress" source={source}>
      {(found) => (
        <>
          <p>
            <span className={`badge state-${found.status === 'active' ? 'active' : 'shut'}`} data-testid="eaddress-status" data-state={found.status}>
              {t(found.status === 'active' ? 'pEaddressActive' : 'pEaddressInactive')}
            </span>
          </p>
          {found.status === 'inactive' ? (
            <>
              <p className="hint">{t('pEaddressText')}</p>
              <div>
                <button type="button" className="button primary" data-testid="eaddress-activate" disabled={source.acting.busy} onClick={() => void source.change(() => panel.send('POST', 'eaddress'))}>
                  {company ? t('pEaddressActivateFor', { name: company.name }) : t('pEaddressActivate')}
                </button>
              </div>
            </>
          ) : null}
          <p className="hint">{t('pAsOf', { date: date(found.as_of_ms), source: t('w_eaddress') })}</p>
        </>
      )}
    </Widget>
  );
}

interface Suggestions {
  consent: { given_ms: number; life_events: string[] } | null;
  life_events: string[];
  suggestions: { id: string; name: Bilingual; authority: string; why: 'situation' | 'visited' }[];
}

/** Nothing is looked at before the citizen agrees; what was agreed to can be taken back here, and is then forgotten. */
export function SuggestionsWidget() {
  const { t, date, of } = useTexts();
  const source = useWidget<Suggestions>('suggestions');
  // ticks may follow one another quickly: each says all that is ticked, and the last one stands
  const choose = (events: string[]) => void panel.send('PUT', 'suggestions', { life_events: events }).catch(() => undefined).then(source.reload);
  return (
    <Widget name="suggestions" source={source}>
      {({ consent, life_events, suggestions }) =>
        consent === null ? (
          <>
            <p>{t('pSuggestAsk')}</p>
            <div>
              <button type="button" className="button" data-testid="suggest-consent" disabled={source.acting.busy} onClick={() => void source.change(() => panel.send('POST', 'suggestions'))}>
                {t('pSuggestAllow')}
              </button>
            </div>
          </>
        ) : (
          <>
            <LifeEvents all={life_events} chosen={consent.life_events} onChoose={choose} />
            {suggestions.length === 0 ? <p>{t('pSuggestNone')}</p> : null}
            <ul data-testid="suggested">
              {suggestions.map((each) => (
                <li key={each.id} className="item-row">
                  <strong>{of(each.name)}</strong>
                  <br />
                  <span className="quiet">{[each.authority, t(each.why === 'situation' ? 'pSuggestSituation' : 'pSuggestVisited')].join(' · ')}</span>
                </li>
              ))}
            </ul>
            <div className="row apart">
              <p className="hint">{t('pSuggestSince', { date: date(consent.given_ms) })}</p>
              <button type="button" className="button" data-testid="suggest-withdraw" disabled={source.acting.busy} onClick={() => void source.change(() => panel.send('DELETE', 'suggestions'))}>
                {t('pSuggestWithdraw')}
              </button>
            </div>
          </>
        )
      }
    </Widget>
  );
}

/** A tick stands at once; the suggestions follow. */
function LifeEvents({ all, chosen, onChoose }: { all: string[]; chosen: string[]; onChoose: (events: string[]) => void }) {
  const { t, word } = useTexts();
  const [ticked, setTicked] = useState(chosen);
  const tick = (each: string, on: boolean) => {
    const next = on ? [...ticked, each] : ticked.filter((other) => other !== each);
    setTicked(next);
    onChoose(next);
  };
  return (
    <fieldset className="stack tight choices">
      <legend>{t('pLifeEvents')}</legend>
      {all.map((each) => (
        <label key={each} className="line">
          <input type="checkbox" checked={ticked.includes(each)} onChange={(event) => tick(each, event.target.checked)} />
          {word('life_', each)}
        </label>
      ))}
    </fieldset>
  );
}
