import { type FormEvent, useState } from 'react';

import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';
import { panel, type Principal } from './identity';
import { useWidget, Widget } from './Widget';

type Me = { as_of_ms: number; source: string } & (
  | { kind: 'private'; code: string; fields: Record<string, string>; address: string | null }
  | ({ kind: 'company' } & Principal)
);

/** What the registers hold of the person, or of the company acted for: as of when, from where, and how to say that it is wrong. */
export function MeWidget() {
  const { t, date, word } = useTexts();
  const source = useWidget<Me>('me');
  return (
    <Widget name="me" source={source}>
      {(me) => (
        <>
          <dl className="own-facts">
            {me.kind === 'company' ? (
              <>
                <Fact name={t('pCompany')} value={me.name} />
                <Fact name={t('pRegNoName')} value={me.reg_no} />
                <Fact name={t('pScope')} value={me.scopes.map((scope) => word('scope_', scope)).join(', ')} />
              </>
            ) : (
              <>
                <Fact name={t('pCode')} value={me.code} />
                {Object.entries(me.fields).map(([field, value]) => (
                  <Fact key={field} name={word('pField_', field)} value={value} />
                ))}
                <Fact name={t('pAddress')} value={me.address === null ? t('panelDown') : me.address || t('none')} />
              </>
            )}
          </dl>
          <p className="hint">{t('pAsOf', { date: date(me.as_of_ms), source: me.source })}</p>
          {me.kind === 'private' ? <Report /> : null}
        </>
      )}
    </Widget>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="quiet">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Report() {
  const { t } = useTexts();
  const [field, setField] = useState('address');
  const [text, setText] = useState('');
  const [number, setNumber] = useState('');
  const sending = useAction();
  const send = (event: FormEvent) => {
    event.preventDefault();
    void sending.run(async () => {
      setNumber((await panel.send<{ number: string }>('POST', 'me/report', { field, text: text.trim() })).number);
      setText('');
    });
  };
  return (
    <details>
      <summary>{t('pReport')}</summary>
      <form className="stack tight" onSubmit={send}>
        <Problem error={sending.error} />
        <Field id="report-field" label={t('pReportField')}>
          <select id="report-field" value={field} onChange={(event) => setField(event.target.value)}>
            <option value="address">{t('pAddress')}</option>
            <option value="name">{t('pReportName')}</option>
            <option value="other">{t('pReportOther')}</option>
          </select>
        </Field>
        <Field id="report-text" label={t('pReportText')} hint={t('pReportHint')}>
          <textarea id="report-text" rows={3} required minLength={10} maxLength={1000} value={text} aria-describedby="report-text-hint" onChange={(event) => setText(event.target.value)} />
        </Field>
        <div>
          <button type="submit" className="button" data-testid="report-send" disabled={sending.busy}>
            {t('pReportSend')}
          </button>
        </div>
        {number ? (
          <p role="status" className="notice" data-testid="report-sent">
            {t('pReportSent', { number })}
          </p>
        ) : null}
      </form>
    </details>
  );
}
