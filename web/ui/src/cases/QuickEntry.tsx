import { type FormEvent, useEffect, useRef, useState } from 'react';

import { ApiError } from '../api/client';
import type { CaseRow } from '../api/types';
import { api, live } from '../app';
import { useTexts } from '../i18n';
import { useAction, useDraft } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { CHANNELS, OUTCOMES, PAKS, type Suggestions } from './words';

interface Values {
  pak: string;
  channel: string;
  language: string;
  outcome: string;
  minutes: string;
  agency_id: string;
  point_id: string;
  service: string;
  method: string;
}

const FIRST: Values = {
  pak: 'PAK_01',
  channel: 'in_person',
  language: 'lv',
  outcome: 'solved',
  minutes: '5',
  agency_id: '',
  point_id: '',
  service: '',
  method: '',
};
const METHODS = ['id_card', 'passport', 'eid', 'driving_licence'];

/**
 * A client served without a session, entered in seconds: `N` opens it, Enter saves, and everything that stays the same
 * between clients is there already. A personal code is sent, never kept here.
 */
export function QuickEntry({ onSaved }: { onSaved: (row: CaseRow) => void }) {
  const { t, word, of } = useTexts();
  const { agencies } = useStore(live.state);
  const [open, setOpen] = useState(false);
  const [values, setValues] = useState<Values>(FIRST);
  const [known, setKnown] = useState<Suggestions | null>(null);
  const [code, setCode] = useState('');
  const [note, setNote] = useDraft('entry.note');
  const [public_, setPublic] = useState<string[]>([]);
  const [twin, setTwin] = useState<ApiError | null>(null);
  const [saved, setSaved] = useState<CaseRow | null>(null);
  const first = useRef<HTMLSelectElement>(null);
  const attempt = useRef('');
  const saving = useAction();
  const { run } = saving;

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const inField = event.target instanceof HTMLElement && event.target.closest('input, select, textarea, [role="dialog"]');
      if (event.key !== 'n' || event.ctrlKey || event.metaKey || event.altKey || inField) return;
      event.preventDefault();
      setOpen(true);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);

  useEffect(() => {
    if (!open) return;
    first.current?.focus();
    void run(async () => {
      const found = await api.read<Suggestions>('/api/cases/suggestions');
      setKnown(found);
      setValues((now) => ({
        ...now,
        point_id: found.points[0]?.id ?? '',
        ...(found.last ? { ...found.last, minutes: String(found.last.minutes ?? 5), point_id: found.last.point_id } : {}),
      }));
    });
  }, [open, run]);

  const change = (name: keyof Values, value: string) => {
    attempt.current = '';
    setValues((now) => ({ ...now, [name]: value }));
  };
  // the catalogue's names beside those of late; without it the field is what it was
  const look = (text: string) =>
    void api
      .read<{ services: { name: { lv: string } }[] }>(`/api/catalogue?${new URLSearchParams({ text: text.slice(0, 100) })}`)
      .then((found) => setPublic(found.services.map((each) => each.name.lv)))
      .catch(() => setPublic([]));
  const stop = known?.points.find((each) => each.id === values.point_id)?.stop ?? null;
  const send = (despite: boolean) =>
    void saving.run(async () => {
      // one attempt is one entry, however often it is sent
      attempt.current ||= crypto.randomUUID();
      setSaved(null);
      const { method, minutes, point_id, ...rest } = values;
      try {
        const row = await api.write<CaseRow>(
          'POST',
          '/api/cases',
          {
            ...rest,
            minutes: Number(minutes) || 0,
            ...(point_id ? { point_id } : {}),
            // where the brigade stands today, not where it stood at the last entry
            stop_id: stop?.id ?? null,
            client: method ? { kind: 'identified', personal_code: code, method } : { kind: 'anonymous' },
            note,
            ...(despite ? { despite } : {}),
          },
          `${attempt.current}${despite ? '-despite' : ''}`,
        );
        attempt.current = '';
        setTwin(null);
        setSaved(row);
        setCode('');
        setNote('');
        change('method', '');
        onSaved(row);
        first.current?.focus();
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 'case_duplicate') throw error;
        setTwin(error);
      }
    });
  const save = (event: FormEvent) => {
    event.preventDefault();
    send(false);
  };
  if (!open) {
    return (
      <button type="button" className="button primary start" data-testid="entry-open" aria-keyshortcuts="n" title="N" onClick={() => setOpen(true)}>
        <Icon name="add" /> {t('entryOpen')}
      </button>
    );
  }
  const select = (name: keyof Values, label: string, options: [string, string][], ref?: React.RefObject<HTMLSelectElement | null>) => (
    <Field id={`entry-${name}`} label={label}>
      <select id={`entry-${name}`} ref={ref} value={values[name]} onChange={(event) => change(name, event.target.value)}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
  return (
    <form className="card stack" aria-label={t('entryTitle')} data-testid="entry-form" onSubmit={save}>
      <div className="row apart">
        <h2>{t('entryTitle')}</h2>
        <button type="button" className="button quiet" onClick={() => setOpen(false)}>
          {t('close')}
        </button>
      </div>
      <p className="hint">{t('entryHint')}</p>
      <div className="form-grid">
        {select('pak', t('c_pak'), PAKS.map((each) => [each, word('', each)]), first)}
        {select('outcome', t('outcome'), OUTCOMES.map((each) => [each, word('outcome_', each)]))}
        <Field id="entry-minutes" label={t('entryMinutes')}>
          <input id="entry-minutes" type="number" min={0} max={600} required value={values.minutes} onChange={(event) => change('minutes', event.target.value)} />
        </Field>
        <Field id="entry-service" label={t('entryService')}>
          <input
            id="entry-service"
            list="entry-services"
            value={values.service}
            maxLength={200}
            onChange={(event) => {
              change('service', event.target.value);
              look(event.target.value);
            }}
          />
          <datalist id="entry-services">
            {[...new Set([...public_, ...(known?.services ?? [])])].map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </Field>
        {select('agency_id', t('c_agency'), [['', t('entryNoAgency')], ...agencies.map((each): [string, string] => [each.id, `${each.code} ${of(each.name)}`])])}
        {select('channel', t('entryChannel'), CHANNELS.map((each) => [each, t(`channel_${each}`)]))}
        {select('language', t('requestLanguage'), ['lv', 'en', 'ru'].map((each) => [each, word('lang_', each)]))}
        {known && known.points.length > 1 ? select('point_id', t('c_point'), known.points.map((each) => [each.id, each.stop ? `${each.name} (${each.stop.place})` : each.name])) : null}
        {select('method', t('client'), [['', t('clientAnonymous')], ...METHODS.map((each): [string, string] => [each, word('method_', each)])])}
        {values.method ? (
          <Field id="entry-code" label={t('personalCode')}>
            <input id="entry-code" autoComplete="off" required value={code} onChange={(event) => setCode(event.target.value)} />
          </Field>
        ) : null}
        <Field id="entry-note" label={t('note')}>
          <input id="entry-note" value={note} maxLength={2000} onChange={(event) => setNote(event.target.value)} />
        </Field>
      </div>
      <Problem error={saving.error} />
      {twin ? (
        <div className="notice row apart" role="alert" data-testid="entry-twin">
          <span>{twin.message}</span>
          <button type="button" className="button" data-testid="entry-despite" onClick={() => send(true)}>
            {t('entryDespite')}
          </button>
        </div>
      ) : null}
      <div className="row">
        <button type="submit" className="button primary" data-testid="entry-save" disabled={saving.busy}>
          {t('save')}
        </button>
        {saved ? (
          <span role="status" data-testid="entry-saved">
            <Icon name="check" size={16} /> {t('saved')}: {saved.pak}, {word('outcome_', saved.outcome ?? '')}
          </span>
        ) : null}
      </div>
    </form>
  );
}
