import type { FormEvent } from 'react';

import type { Benefits } from '../api/types';
import { MeansFields, useMeansDraft } from '../avis/MeansFields';
import { MeansRow } from '../avis/MeansRow';
import { euro } from '../avis/money';
import type { Means, Programme } from '../avis/types';
import { useTexts } from '../i18n';
import { panel } from './identity';
import { useWidget, Widget } from './Widget';

export function BenefitsWidget() {
  const { t, date } = useTexts();
  const source = useWidget<Pick<Benefits, 'benefits'> & { as_of_ms: number; stale: boolean }>('benefits');
  const facts = (each: Benefits['benefits'][number]) =>
    [each.kind === 'percent' ? `${each.value} %` : `${each.value} €`, each.grantor, each.valid_to ? t('pUntil', { date: each.valid_to }) : ''];
  return (
    <Widget name="benefits" source={source}>
      {(found) => (
        <>
          {found.stale ? <p className="notice">{t('pStale')}</p> : null}
          {found.benefits.length === 0 ? <p>{t('pBenefitsNone')}</p> : null}
          <ul>
            {found.benefits.map((each) => (
              <li key={`${each.grantor}${each.name}`} className="item-row">
                <strong>{each.name}</strong>
                <br />
                <span className="quiet">{facts(each).filter(Boolean).join(' · ')}</span>
              </li>
            ))}
          </ul>
          <p className="hint">{t('pAsOf', { date: date(found.as_of_ms), source: 'AVIS' })}</p>
        </>
      )}
    </Widget>
  );
}

export function MeansWidget() {
  const { t } = useTexts();
  const source = useWidget<{ means: Means[] }>('means');
  const typed = useMeansDraft();
  const add = (event: FormEvent) => {
    event.preventDefault();
    void source.change(() => panel.send('POST', 'means', typed.sent)).then((done) => done && typed.clear());
  };
  return (
    <Widget name="means" source={source}>
      {({ means }) => (
        <>
          {means.length === 0 ? <p>{t('pMeansNone')}</p> : null}
          <ul>
            {means.map((each) => (
              <MeansRow key={each.id} means={each} mayConfirm onState={(state) => source.change(() => panel.send('POST', `means/${each.id}/${state}`))} />
            ))}
          </ul>
          <form className="row bottom" onSubmit={add}>
            <MeansFields id="panel" draft={typed.draft} onChange={typed.setDraft} />
            <button type="submit" className="button" data-testid="panel-means-add" disabled={source.acting.busy}>
              {t('pMeansAdd')}
            </button>
          </form>
        </>
      )}
    </Widget>
  );
}

interface Used {
  id: string;
  at_ms: number;
  provider_name: string;
  gross_cents: number;
  paid_cents: number;
  reversed_cents: number;
}

export function UsedWidget() {
  const { t, date, lang } = useTexts();
  const source = useWidget<{ transactions: Used[] }>('used');
  return (
    <Widget name="used" source={source}>
      {({ transactions }) => (
        <>
          {transactions.length === 0 ? <p>{t('pUsedNone')}</p> : null}
          <ul>
            {transactions.slice(0, 8).map((each) => (
              <li key={each.id} className="item-row">
                <strong>{each.provider_name}</strong> <span className="quiet">{date(each.at_ms)}</span>
                <br />
                {t('pUsedPaid', { paid: euro(each.paid_cents, lang), benefit: euro(each.gross_cents - each.paid_cents, lang) })}
                {each.reversed_cents ? `; ${t('pUsedBack', { cents: euro(each.reversed_cents, lang) })}` : ''}
              </li>
            ))}
          </ul>
        </>
      )}
    </Widget>
  );
}

export function ProgrammesWidget() {
  const { t, of } = useTexts();
  const source = useWidget<{ programmes: Programme[] }>('programmes');
  return (
    <Widget name="programmes" source={source}>
      {({ programmes }) => (
        <>
          <p className="hint">{programmes.length === 0 ? t('pProgrammesNone') : t('pConsent')}</p>
          <ul>
            {programmes.map((each) => (
              <li key={each.id} className="row apart item-row">
                <strong>{of(each.name)}</strong>
                <button
                  type="button"
                  className="button"
                  data-testid={`programme-${each.id}`}
                  disabled={source.acting.busy}
                  aria-label={`${each.joined ? t('pLeave') : t('pJoin')}: ${of(each.name)}`}
                  onClick={() => void source.change(() => panel.send('POST', `programmes/${each.id}`, { joined: !each.joined }))}
                >
                  {each.joined ? t('pLeave') : t('pJoin')}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Widget>
  );
}
