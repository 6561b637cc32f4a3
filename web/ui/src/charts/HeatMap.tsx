import { Fragment } from 'react';

import { useTexts } from '../i18n';
import { Scroll } from '../ui/parts';

export interface HeatCell {
  weekday: number;
  hour: number;
  value: number;
  /** A second number under the first. */
  second?: string;
}

/** Hours of the week as a table: the shade helps the eye, the number says it. */
export function HeatMap({ title, cells, format }: { title: string; cells: HeatCell[]; format: (value: number) => string }) {
  const { t, lang } = useTexts();
  const highest = Math.max(0, ...cells.map((cell) => cell.value));
  const hours = cells.map((cell) => cell.hour);
  const first = Math.min(...hours);
  const span = Array.from({ length: Math.max(...hours) - first + 1 }, (_, n) => first + n);
  const at = new Map(cells.map((cell) => [cell.weekday * 24 + cell.hour, cell]));
  // 2026-06-01 is a Monday
  const day = (weekday: number) =>
    new Intl.DateTimeFormat(lang, { weekday: 'short', timeZone: 'UTC' }).format(Date.UTC(2026, 5, weekday));
  return (
    <Scroll label={title}>
      <table className="heat">
        <caption className="hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t('heatDay')}</th>
            {span.map((hour) => (
              <th key={hour} scope="col">
                {String(hour).padStart(2, '0')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[1, 2, 3, 4, 5, 6, 7].map((weekday) => (
            <tr key={weekday}>
              <th scope="row">{day(weekday)}</th>
              {span.map((hour) => {
                const cell = at.get(weekday * 24 + hour);
                const share = cell && highest > 0 ? cell.value / highest : 0;
                return (
                  <td key={hour} className="heat-cell" style={{ '--share': share } as React.CSSProperties}>
                    {cell ? (
                      <Fragment>
                        {format(cell.value)}
                        {cell.second ? <span className="heat-second">{cell.second}</span> : null}
                      </Fragment>
                    ) : (
                      ''
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
