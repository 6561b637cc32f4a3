import { useCallback, useEffect, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Empty, Field, Problem, Scroll } from '../ui/parts';
import { go } from '../ui/route';
import type { EntryRow, Report } from './types';

interface Found {
  requests: EntryRow[];
  more: boolean;
  names: Report['names'];
}

const STATES = ['', 'queued', 'answered', 'left', 'unserved'] as const;

/** From a number to the requests it counts; one that still waits leads to its queue and to the router's explanation. */
export function RequestsBehind({ from, to, group, pak, first }: { from: string; to: string; group: string; pak: string; first?: string }) {
  const { t, of, date, duration, word } = useTexts();
  const [state, setState] = useState<string>(first ?? 'left');
  const [found, setFound] = useState<Found | null>(null);
  const loading = useAction();
  const { run } = loading;
  const show = useCallback(
    (state: string) =>
      void run(async () => {
        const query = new URLSearchParams({ from, to, ...(group ? { group } : {}), ...(pak ? { pak } : {}), ...(state ? { state } : {}) });
        setFound(await api.read<Found>(`/api/reports/requests?${query}`));
      }),
    [run, from, to, group, pak],
  );
  // a number was pressed: what is behind it is shown at once
  useEffect(() => {
    if (first !== undefined) show(first);
  }, [first, show]);
  const nameOf = (key: string) => {
    const name = found?.names[key];
    return name ? of(name) : key;
  };
  return (
    <section className="card stack" aria-label={t('behind')}>
      <h2>{t('behind')}</h2>
      <p className="hint">{t('behindText')}</p>
      <div className="row">
        <Field id="behind-state" label={t('behindState')}>
          <select id="behind-state" value={state} onChange={(event) => setState(event.target.value)}>
            {STATES.map((each) => (
              <option key={each} value={each}>
                {each ? t(`entry_${each}`) : t('all')}
              </option>
            ))}
          </select>
        </Field>
        <button type="button" className="button" data-testid="behind-show" disabled={loading.busy} onClick={() => show(state)}>
          {t('behindShow')}
        </button>
      </div>
      <Problem error={loading.error} />
      {found?.requests.length === 0 ? <Empty icon="search">{t('reportNone')}</Empty> : null}
      {found && found.requests.length > 0 ? (
        <Scroll label={t('behind')} tall>
          <table data-testid="behind-table">
            <thead>
              <tr>
                <th scope="col">{t('c_started')}</th>
                <th scope="col">{t('by_group')}</th>
                <th scope="col">{t('by_point')}</th>
                <th scope="col">{t('c_pak')}</th>
                <th scope="col" className="number">
                  {t('c_wait')}
                </th>
                <th scope="col">{t('behindState')}</th>
              </tr>
            </thead>
            <tbody>
              {found.requests.map((row) => (
                <tr key={row.id}>
                  <td>{date(row.queued_ms)}</td>
                  <td>{nameOf(row.group_id)}</td>
                  <td>{nameOf(row.point_id)}</td>
                  <td>{row.pak}</td>
                  <td className="number">{row.state === 'queued' ? t('running') : duration(row.waited_ms / 1000)}</td>
                  <td>
                    {t(`entry_${row.state}`)}
                    {row.left_why ? ` (${word('left_', row.left_why)})` : ''}
                    {row.state === 'queued' ? (
                      <button type="button" className="button quiet" onClick={() => go(`/board/${row.group_id}`)}>
                        {t('whyWait')}
                      </button>
                    ) : null}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {found.more ? <p className="small quiet">{t('behindMore')}</p> : null}
        </Scroll>
      ) : null}
    </section>
  );
}
