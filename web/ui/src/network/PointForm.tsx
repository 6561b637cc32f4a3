import { Municipal } from './Municipal';
import { type FormEvent, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Problem } from '../ui/parts';
import { PointEquipment, PointHours } from './PointHours';
import type { Point, PointRow, PointsPage, Stop } from './points';
import { POINT_KINDS } from './types';

/** One contact point with everything that is known of it. */
export function PointForm({ row, page, onDone }: { row: PointRow; page: PointsPage; onDone: (saved: PointRow | null) => void }) {
  const { t } = useTexts();
  const [point, setPoint] = useState<Point>(row.point);
  const saving = useAction();
  const details = point.details;
  const change = (part: Partial<Point>) => setPoint((now) => ({ ...now, ...part }));
  const detail = (part: Partial<Point['details']>) => setPoint((now) => ({ ...now, details: { ...now.details, ...part } }));
  const save = (event: FormEvent) => {
    event.preventDefault();
    const stops = point.kind === 'brigade' ? details.stops : [];
    void saving.run(async () =>
      onDone(await api.write<PointRow>('POST', '/api/network/points', { version: row.version, point: { ...point, details: { ...details, stops } } })),
    );
  };
  const coordinate = (name: 'lat' | 'lon', label: string) => (
    <Field id={`point-${name}`} label={label}>
      <input
        id={`point-${name}`}
        type="number"
        step="any"
        value={details[name] ?? ''}
        onChange={(event) => detail({ [name]: event.target.value === '' ? null : event.target.valueAsNumber })}
      />
    </Field>
  );
  return (
    <form className="card stack" aria-label={row.version ? t('pointEdit', { name: row.point.name }) : t('pointNew')} data-testid="point-form" onSubmit={save}>
      <h2>{row.point.id ? t('pointEdit', { name: row.point.name }) : t('pointNew')}</h2>
      <div className="form-grid">
        {row.point.id ? null : (
          <Field id="point-id" label={t('pointId')}>
            <input id="point-id" required pattern="[a-z0-9](?:[a-z0-9\-]{0,62}[a-z0-9])?" value={point.id} onChange={(event) => change({ id: event.target.value })} />
          </Field>
        )}
        <Field id="point-name" label={t('pointName')}>
          <input id="point-name" required maxLength={200} value={point.name} onChange={(event) => change({ name: event.target.value })} />
        </Field>
        <Field id="point-kind" label={t('pointKind')}>
          <select id="point-kind" value={point.kind} onChange={(event) => change({ kind: event.target.value as Point['kind'] })}>
            {POINT_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`point_${kind}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="point-atvk" label={t('pointTerritory')}>
          <select id="point-atvk" required value={point.atvk} onChange={(event) => change({ atvk: event.target.value })}>
            <option value="">{t('choose')}</option>
            {page.territories.map((each) => (
              <option key={each.code} value={each.code}>
                {each.name}
              </option>
            ))}
          </select>
        </Field>
        <Field id="point-host" label={t('pointHost')}>
          <select id="point-host" value={point.host_point_id ?? ''} onChange={(event) => change({ host_point_id: event.target.value || null })}>
            <option value="">{t('pointHostNone')}</option>
            {page.points
              .filter((each) => each.point.kind === 'centre' && each.point.id !== row.point.id)
              .map((each) => (
                <option key={each.point.id} value={each.point.id}>
                  {each.point.name}
                </option>
              ))}
          </select>
        </Field>
        <Field id="point-address" label={t('pointAddress')}>
          <input id="point-address" maxLength={200} value={details.address} onChange={(event) => detail({ address: event.target.value })} />
        </Field>
        <Field id="point-email" label={t('pointEmail')}>
          <input id="point-email" type="email" maxLength={200} value={details.email} onChange={(event) => detail({ email: event.target.value })} />
        </Field>
        <Field id="point-phone" label={t('pointPhone')}>
          <input id="point-phone" type="tel" maxLength={200} value={details.phone} onChange={(event) => detail({ phone: event.target.value })} />
        </Field>
        {coordinate('lat', t('pointLat'))}
        {coordinate('lon', t('pointLon'))}
        <Field id="point-from" label={t('pointFrom')}>
          <input id="point-from" type="date" value={details.valid_from ?? ''} onChange={(event) => detail(event.target.value ? { valid_from: event.target.value } : {})} />
        </Field>
        <Field id="point-to" label={t('pointTo')} hint={t('pointToHint')}>
          <input id="point-to" type="date" aria-describedby="point-to-hint" value={details.valid_to ?? ''} min={details.valid_from} onChange={(event) => detail({ valid_to: event.target.value || null })} />
        </Field>
        <label className="check">
          <input type="checkbox" checked={details.remote_officer} onChange={(event) => detail({ remote_officer: event.target.checked })} />
          {t('pointRemote')}
        </label>
      </div>
      <PointEquipment all={page.equipment} has={details.equipment} onChange={(equipment) => detail({ equipment })} />
      {row.version > 0 && point.atvk ? <Municipal point={point} onTake={detail} /> : null}
      <PointHours hours={details.hours} onChange={(hours) => detail({ hours })} />
      {point.kind === 'brigade' ? <Stops stops={details.stops} atvk={point.atvk} onChange={(stops) => detail({ stops })} /> : null}
      <Problem error={saving.error} />
      <div className="row">
        <button type="submit" className="button primary" data-testid="point-save" disabled={saving.busy}>
          {t('save')}
        </button>
        <button type="button" className="button" onClick={() => onDone(null)}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}

function Stops({ stops, atvk, onChange }: { stops: Stop[]; atvk: string; onChange: (stops: Stop[]) => void }) {
  const { t, lang } = useTexts();
  const change = (n: number, part: Partial<Stop>) => onChange(stops.map((stop, number) => (number === n ? { ...stop, ...part } : stop)));
  // 2026-06-01 is a Monday
  const day = (weekday: number) =>
    new Intl.DateTimeFormat(lang, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2026, 5, weekday));
  return (
    <fieldset className="stack tight">
      <legend>{t('pointStops')}</legend>
      {stops.map((stop, n) => (
        <div key={stop.id} className="form-grid">
          <Field id={`stop-place-${n}`} label={t('pointStopPlace')}>
            <input id={`stop-place-${n}`} required value={stop.place} onChange={(event) => change(n, { place: event.target.value })} />
          </Field>
          {stop.day ? null : (
            <Field id={`stop-day-${n}`} label={t('pointStopDay')}>
              <select id={`stop-day-${n}`} value={stop.weekday ?? 1} onChange={(event) => change(n, { weekday: Number(event.target.value) })}>
                {[1, 2, 3, 4, 5, 6, 7].map((weekday) => (
                  <option key={weekday} value={weekday}>
                    {day(weekday)}
                  </option>
                ))}
              </select>
            </Field>
          )}
          <Field id={`stop-from-${n}`} label={t('pointStopFrom')}>
            <input id={`stop-from-${n}`} type="time" required value={stop.opens} onChange={(event) => change(n, { opens: event.target.value })} />
          </Field>
          <Field id={`stop-to-${n}`} label={t('pointStopTo')}>
            <input id={`stop-to-${n}`} type="time" required value={stop.closes} onChange={(event) => change(n, { closes: event.target.value })} />
          </Field>
          <button type="button" className="button" aria-label={t('pointStopRemove', { n: n + 1 })} onClick={() => onChange(stops.filter((_, number) => number !== n))}>
            <Icon name="remove" />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="button start"
        onClick={() => onChange([...stops, { id: crypto.randomUUID(), place: '', atvk, opens: '10:00', closes: '14:00', weekday: 1, day: null }])}
      >
        <Icon name="add" /> {t('pointStopAdd')}
      </button>
    </fieldset>
  );
}
