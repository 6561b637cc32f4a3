import { type FormEvent, useState } from 'react';

import type { Benefits } from '../api/types';
import { api } from '../app';
import { MeansRow } from '../avis/MeansRow';
import { euro } from '../avis/money';
import type { Means, Programme } from '../avis/types';
import { useTexts } from '../i18n';
import { Field } from '../ui/parts';
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
  const { t, word } = useTexts();
  const source = useWidget<{ means: Means[] }>('means');
  const [kind, setKind] = useState('customer_card');
  const [token, setToken] = useState('');
  const add = (event: FormEvent) => {
    event.preventDefault();
    void source.change(() => api.send('POST', '/api/panel/means', { kind, token: token.trim() })).then((done) => done && setToken(''));
  };
  return (
    <Widget name="means" source={source}>
      {({ means }) => (
        <>
          {means.length === 0 ? <p>{t('pMeansNone')}</p> : null}
          <ul>
            {means.map((each) => (
              <MeansRow key={each.id} means={each} mayConfirm onState={(state) => source.change(() => api.send('POST', `/api/panel/means/${each.id}/${state}`))} />
            ))}
          </ul>
          <form className="row bottom" onSubmit={add}>
            <Field id="panel-kind" label={t('meansKind')}>
              <select id="panel-kind" value={kind} onChange={(event) => setKind(event.target.value)}>
                {['customer_card', 'transport_card', 'student_card', 'eid', 'qr'].map((each) => (
                  <option key={each} value={each}>
                    {word('means_', each)}
                  </option>
                ))}
              </select>
            </Field>
            <Field id="panel-token" label={t('pMeansToken')}>
              <input id="panel-token" required minLength={4} autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} />
            </Field>
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
                  onClick={() => void source.change(() => api.send('POST', `/api/panel/programmes/${each.id}`, { joined: !each.joined }))}
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
