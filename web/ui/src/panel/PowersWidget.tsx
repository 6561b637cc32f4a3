import { type FormEvent, useState } from 'react';

import { useTexts } from '../i18n';
import { Confirm, Field } from '../ui/parts';
import { panel } from './identity';
import { type Loaded, useWidget, Widget } from './Widget';

interface Power {
  id: string;
  company: string;
  scopes: string[];
  valid_to: string;
  state: string;
  signed_by_me?: boolean;
}

interface Powers {
  companies: { reg_no: string; name: string }[];
  received: Power[];
  given: Power[];
}

const SCOPES = ['all_legal_person_eservices', 'eadrese.activate', 'eadrese.read'];

/** Powers of attorney of legal persons: what the citizen may do for them, and what the own companies gave. */
export function PowersWidget() {
  const { t } = useTexts();
  const source = useWidget<Powers>('powers');
  return (
    <Widget name="powers" source={source}>
      {(found) => (
        <>
          <h3>{t('pPowersReceived')}</h3>
          <List powers={found.received} source={source} />
          {found.companies.length > 0 ? (
            <>
              <h3>{t('pPowersGiven')}</h3>
              <List powers={found.given} source={source} />
              <Issue companies={found.companies} source={source} />
            </>
          ) : null}
        </>
      )}
    </Widget>
  );
}

function List({ powers, source }: { powers: Power[]; source: Loaded<Powers> }) {
  const { t, word } = useTexts();
  const [asking, setAsking] = useState<string | null>(null);
  const act = (id: string, deed: 'sign' | 'stop') => void source.change(() => panel.send('POST', `powers/${id}/${deed}`));
  if (powers.length === 0) return <p>{t('pPowersNone')}</p>;
  return (
    <>
      <ul>
        {powers.map((each) => (
          <li key={each.id} className="row apart item-row" data-testid={`power-${each.id}`} data-state={each.state}>
            <span>
              <strong>{each.company}</strong> <span className={`badge state-${each.state}`}>{word('pState_', each.state)}</span>
              <br />
              <span className="quiet">{[...each.scopes.map((scope) => word('scope_', scope)), t('pUntil', { date: each.valid_to })].join(' · ')}</span>
            </span>
            <span className="row">
              {each.state === 'pending_signatures' && each.signed_by_me === false ? (
                <button type="button" className="button primary" aria-label={`${t('pSign')}: ${each.company}`} onClick={() => act(each.id, 'sign')}>
                  {t('pSign')}
                </button>
              ) : null}
              {each.state === 'active' || each.state === 'pending_signatures' ? (
                <button type="button" className="button danger" aria-label={`${t('pStop')}: ${each.company}`} onClick={() => setAsking(each.id)}>
                  {t('pStop')}
                </button>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
      <Confirm
        open={asking !== null}
        title={t('pStopAsk')}
        confirm={t('pStop')}
        danger
        onClose={() => setAsking(null)}
        onConfirm={() => {
          if (asking) act(asking, 'stop');
          setAsking(null);
        }}
      >
        <p>{t('pStopText')}</p>
      </Confirm>
    </>
  );
}

function Issue({ companies, source }: { companies: Powers['companies']; source: Loaded<Powers> }) {
  const { t, word } = useTexts();
  const [regNo, setRegNo] = useState(companies[0]?.reg_no ?? '');
  const [delegate, setDelegate] = useState('');
  const [scope, setScope] = useState(SCOPES[0] ?? '');
  const [validTo, setValidTo] = useState('');
  const issue = (event: FormEvent) => {
    event.preventDefault();
    const body = { reg_no: regNo, delegate: delegate.trim(), scopes: [scope], valid_to: validTo };
    void source.change(() => panel.send('POST', 'powers', body)).then((done) => done && setDelegate(''));
  };
  return (
    <form className="stack tight" onSubmit={issue}>
      <Field id="power-company" label={t('pCompany')}>
        <select id="power-company" value={regNo} onChange={(event) => setRegNo(event.target.value)}>
          {companies.map((each) => (
            <option key={each.reg_no} value={each.reg_no}>
              {each.name}
            </option>
          ))}
        </select>
      </Field>
      <Field id="power-delegate" label={t('pDelegate')}>
        <input id="power-delegate" required autoComplete="off" value={delegate} onChange={(event) => setDelegate(event.target.value)} />
      </Field>
      <Field id="power-scope" label={t('pScope')}>
        <select id="power-scope" value={scope} onChange={(event) => setScope(event.target.value)}>
          {SCOPES.map((each) => (
            <option key={each} value={each}>
              {word('scope_', each)}
            </option>
          ))}
        </select>
      </Field>
      <Field id="power-to" label={t('insTo')}>
        <input id="power-to" type="date" required value={validTo} onChange={(event) => setValidTo(event.target.value)} />
      </Field>
      <div>
        <button type="submit" className="button" data-testid="power-issue" disabled={source.acting.busy}>
          {t('pIssue')}
        </button>
      </div>
    </form>
  );
}
