import { type FormEvent, useState } from 'react';

import { type ApiError } from '../api/client';
import { api } from '../app';
import { ProblemsOf, SelectField, TextField, Toggle } from '../admin/parts';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { amount, cents, euro, list } from './money';
import { change } from './store';
import type { Body, Instruction, Kind, Overview, Preview } from './types';

interface Form {
  lv: string;
  en: string;
  whom: string;
  kind: Kind;
  value: string;
  include: string;
  exclude: string;
  capTransaction: string;
  capMonth: string;
  count: string;
  maxQuantity: string;
  from: string;
  to: string;
  exclusive: boolean;
}

function formOf(body: Body | null, today: string, first: string): Form {
  return {
    lv: body?.name.lv ?? '',
    en: body?.name.en ?? '',
    whom: body?.group_id ?? body?.programme_id ?? first,
    kind: body?.kind ?? 'percent',
    value: body ? amount(body.value) : '',
    include: body?.include.join(', ') ?? '',
    exclude: body?.exclude.join(', ') ?? '',
    capTransaction: amount(body?.cap_transaction ?? null),
    capMonth: amount(body?.cap_month ?? null),
    count: body?.count_month?.toString() ?? '',
    maxQuantity: body?.max_quantity?.toString() ?? '',
    from: body?.valid_from ?? today,
    to: body?.valid_to ?? '',
    exclusive: body?.exclusive ?? false,
  };
}

function bodyOf(form: Form, programmes: boolean): Body {
  const whole = (text: string) => (text.trim() === '' ? null : Number(text));
  return {
    name: { lv: form.lv.trim(), en: form.en.trim() },
    kind: form.kind,
    // a percent of 12,5 is 1250 basis points, as 12,50 € is 1250 cents
    value: cents(form.value) ?? NaN,
    valid_from: form.from,
    valid_to: form.to || null,
    group_id: programmes ? null : form.whom,
    programme_id: programmes ? form.whom : null,
    exclusive: form.exclusive,
    include: list(form.include),
    exclude: list(form.exclude),
    max_quantity: form.kind === 'fixed_unit' ? whole(form.maxQuantity) : null,
    cap_transaction: cents(form.capTransaction),
    cap_month: cents(form.capMonth),
    count_month: whole(form.count),
    outlets: [],
  };
}

/** Grants a benefit, or changes one: who, how much, on what, until when. Nothing applies before it is activated. */
export function InstructionForm({ found, instruction, programmes, onClose }: { found: Overview; instruction: Instruction | null; programmes: boolean; onClose: () => void }) {
  const { t, of, word } = useTexts();
  const choices = programmes ? found.programmes : found.groups;
  const [form, setForm] = useState(() => formOf(instruction?.body ?? null, found.today, choices[0]?.id ?? ''));
  const saving = useAction();
  const set = (changed: Partial<Form>) => setForm((now) => ({ ...now, ...changed }));
  const save = (event: FormEvent) => {
    event.preventDefault();
    const body = bodyOf(form, programmes);
    void saving
      .run(() =>
        change(() =>
          instruction
            ? api.send('PUT', `/api/avis/instructions/${instruction.id}`, { body, version: instruction.version })
            : api.send('POST', '/api/avis/instructions', { body }),
        ),
      )
      .then((done) => done && onClose());
  };
  return (
    <ProblemsOf value={wrongOf(saving.error)}>
      <h1>{instruction ? of(instruction.body.name) : t('insNew')}</h1>
      <Problem error={saving.error} />
      <form className="card stack" onSubmit={save}>
        <div className="fields">
          <TextField path="name.lv" label={t('insNameLv')} lang="lv" value={form.lv} onChange={(lv) => set({ lv })} />
          <TextField path="name.en" label={t('insNameEn')} lang="en" value={form.en} onChange={(en) => set({ en })} />
          <SelectField path="group_id" label={t('insFor')} value={form.whom} options={choices.map((each) => [each.id, of(each.name)])} onChange={(whom) => set({ whom })} />
          <SelectField
            path="kind"
            label={t('insKind')}
            value={form.kind}
            options={(['percent', 'fixed_unit', 'final_price'] as const).map((kind) => [kind, word('kind_', kind)])}
            onChange={(kind) => set({ kind: kind as Kind })}
          />
          <TextField path="value" label={form.kind === 'percent' ? t('insPercent') : t('insEuro')} value={form.value} onChange={(value) => set({ value })} />
          {form.kind === 'fixed_unit' ? (
            <TextField path="max_quantity" label={t('insMaxQuantity')} hint={t('insNoLimit')} value={form.maxQuantity} onChange={(maxQuantity) => set({ maxQuantity })} />
          ) : null}
          <TextField path="include" label={t('insInclude')} hint={t('insIncludeHint')} value={form.include} onChange={(include) => set({ include })} />
          <TextField path="exclude" label={t('insExclude')} hint={t('insIncludeHint')} value={form.exclude} onChange={(exclude) => set({ exclude })} />
          <TextField path="cap_transaction" label={t('insCapTransaction')} hint={t('insNoLimit')} value={form.capTransaction} onChange={(capTransaction) => set({ capTransaction })} />
          <TextField path="cap_month" label={t('insCapMonth')} hint={t('insNoLimit')} value={form.capMonth} onChange={(capMonth) => set({ capMonth })} />
          <TextField path="count_month" label={t('insCount')} hint={t('insNoLimit')} value={form.count} onChange={(count) => set({ count })} />
          <DayField id="valid_from" label={t('insFrom')} value={form.from} onChange={(from) => set({ from })} />
          <DayField id="valid_to" label={t('insTo')} value={form.to} onChange={(to) => set({ to })} />
        </div>
        <Toggle label={t('insExclusive')} hint={t('insExclusiveHint')} checked={form.exclusive} onChange={(exclusive) => set({ exclusive })} id="exclusive" />
        <Trial body={() => bodyOf(form, programmes)} category={list(form.include)[0] ?? ''} />
        <div className="row end">
          <button type="button" className="button" onClick={onClose}>
            {t('cancel')}
          </button>
          <button type="submit" className="button primary" data-testid="instruction-save" disabled={saving.busy}>
            {instruction ? t('insSaveChange') : t('insSaveDraft')}
          </button>
        </div>
      </form>
    </ProblemsOf>
  );
}

function DayField({ id, label, value, onChange }: { id: string; label: string; value: string; onChange: (day: string) => void }) {
  return (
    <Field id={`field-${id}`} label={label}>
      <input id={`field-${id}`} type="date" value={value} onChange={(event) => onChange(event.target.value)} />
    </Field>
  );
}

/** Who would have it, and what it gives on one item. */
function Trial({ body, category: first }: { body: () => Body; category: string }) {
  const { t, word, lang } = useTexts();
  const [category, setCategory] = useState('');
  const [price, setPrice] = useState('1,00');
  const [seen, setSeen] = useState<Preview | null>(null);
  const trying = useAction();
  const attempt = () =>
    void trying.run(async () =>
      setSeen(
        await api.send<Preview>('POST', '/api/avis/preview', {
          body: body(),
          line: { category: category || first || 'food', quantity: 1, unit_cents: cents(price) ?? 0 },
        }),
      ),
    );
  return (
    <section className="trial stack tight" aria-label={t('insPreview')}>
      <h2>{t('insPreview')}</h2>
      <p className="hint">{t('insPreviewHint')}</p>
      <div className="row bottom">
        <Field id="trial-category" label={t('insPreviewCategory')}>
          <input id="trial-category" value={category} placeholder={first || 'food'} onChange={(event) => setCategory(event.target.value)} />
        </Field>
        <Field id="trial-price" label={t('insPreviewPrice')}>
          <input id="trial-price" inputMode="decimal" value={price} onChange={(event) => setPrice(event.target.value)} />
        </Field>
        <button type="button" className="button" data-testid="preview" disabled={trying.busy} onClick={attempt}>
          {t('insPreviewDo')}
        </button>
      </div>
      <Problem error={trying.error} />
      {seen ? (
        <p role="status" className="notice" data-testid="previewed">
          <Icon name="info" size={16} /> {t('insPreviewWho', { n: seen.recipients })}{' '}
          {t('insPreviewPays', { gross: euro(seen.gross_cents, lang), benefit: euro(seen.benefit_cents, lang), paid: euro(seen.paid_cents, lang) })} {word('why_', seen.why)}
        </p>
      ) : null}
    </section>
  );
}

function wrongOf(error: ApiError | null): Record<string, string> {
  const field = error?.field?.replace(/^body\./, '');
  return field ? { [field]: 'out_of_range' } : {};
}
