import { type FormEvent, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';
import { centsOf, type GrantSet, POINT_KINDS, SERVICE_KINDS } from './types';

/** A new set of parameters, by itself or beginning from another; a set that exists is never changed. */
export function GrantForm({ kinds, from, onSaved }: { kinds: Record<string, string>; from: GrantSet | null; onSaved: (id: string) => void }) {
  const { t } = useTexts();
  const [values, setValues] = useState<Record<string, string>>({
    envelope: '10000',
    base_centre: '1000',
    weight_consultation: '1',
    weight_application: '2',
    weight_remote: '3',
  });
  const [wrong, setWrong] = useState<string | null>(null);
  const saving = useAction();
  const change = (name: string, value: string) => setValues((known) => ({ ...known, [name]: value }));
  const take = () => {
    if (!from) return;
    setValues({
      name: from.name,
      envelope: String(from.envelope / 100),
      ...Object.fromEntries(Object.entries(from.bases).map(([kind, cents]) => [`base_${kind}`, String(cents / 100)])),
      ...Object.fromEntries(Object.entries(from.caps).map(([kind, cents]) => [`cap_${kind}`, String(cents / 100)])),
      ...Object.fromEntries(Object.entries(from.weights).map(([kind, milli]) => [`weight_${kind}`, String(milli / 1000)])),
    });
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    const made = parametersOf(values, kinds);
    setWrong(typeof made === 'string' ? made : null);
    if (typeof made === 'string') return document.getElementById(`grant-${made}`)?.focus();
    void saving.run(async () => onSaved((await api.write<{ id: string }>('POST', '/api/network/grants/sets', made)).id));
  };
  const field = (name: string, label: string) => (
    <Field id={`grant-${name}`} label={label} error={wrong === name ? t('amountWrong') : null}>
      <input
        id={`grant-${name}`}
        inputMode={name === 'name' ? 'text' : 'decimal'}
        value={values[name] ?? ''}
        aria-invalid={wrong === name}
        aria-describedby={wrong === name ? `grant-${name}-error` : undefined}
        onChange={(event) => change(name, event.target.value)}
      />
    </Field>
  );
  return (
    <details className="card options">
      <summary>{t('grantNew')}</summary>
      <form className="stack" onSubmit={save}>
        {from ? (
          <button type="button" className="button start" onClick={take}>
            {t('grantFrom', { name: from.name })}
          </button>
        ) : null}
        <div className="form-grid">
          {field('name', t('grantName'))}
          {field('envelope', t('grantEnvelope'))}
        </div>
        <fieldset className="form-grid">
          <legend>{t('grantBases')}</legend>
          {POINT_KINDS.map((kind) => (
            <div key={kind}>{field(`base_${kind}`, t(`point_${kind}`))}</div>
          ))}
        </fieldset>
        <fieldset className="form-grid">
          <legend>{t('grantWeights')}</legend>
          {SERVICE_KINDS.map((kind) => (
            <div key={kind}>{field(`weight_${kind}`, t(`kind_${kind}`))}</div>
          ))}
        </fieldset>
        <fieldset className="form-grid">
          <legend>{t('grantCaps')}</legend>
          {POINT_KINDS.map((kind) => (
            <div key={kind}>{field(`cap_${kind}`, t(`point_${kind}`))}</div>
          ))}
        </fieldset>
        <Problem error={saving.error} />
        <div className="row">
          <button type="submit" className="button primary" data-testid="grant-save" disabled={saving.busy}>
            {t('save')}
          </button>
        </div>
      </form>
    </details>
  );
}

/** The parameters, or the name of the field that is no amount. */
export function parametersOf(values: Record<string, string>, kinds: Record<string, string>): GrantSet | string {
  const name = (values['name'] ?? '').trim();
  if (!name) return 'name';
  const envelope = centsOf(values['envelope'] ?? '');
  if (Number.isNaN(envelope)) return 'envelope';
  const made: GrantSet = { name, envelope, bases: {}, weights: {}, caps: {}, kinds };
  for (const [field, text] of Object.entries(values)) {
    const [what, kind] = field.split('_');
    if (!kind || !text.trim()) continue;
    const amount = what === 'weight' ? milliOf(text) : centsOf(text);
    if (Number.isNaN(amount)) return field;
    (what === 'base' ? made.bases : what === 'cap' ? made.caps : made.weights)[kind] = amount;
  }
  return made;
}

function milliOf(text: string): number {
  const plain = text.trim().replace(',', '.');
  return /^\d+(\.\d{1,3})?$/.test(plain) ? Math.round(Number(plain) * 1000) : Number.NaN;
}
