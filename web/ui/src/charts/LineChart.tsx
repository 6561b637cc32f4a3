import { type ReactNode, useEffect, useId, useRef, useState } from 'react';

import { useTexts } from '../i18n';
import { everyNth, ticks } from './scale';
import { Scroll } from '../ui/parts';

export interface Series {
  name: string;
  values: (number | null)[];
}

const HEIGHT = 220;
const LEFT = 44;
const BOTTOM = 28;
const TOP = 12;
/** Lines differ in dash and mark as well as in colour. */
const DASHES = ['', '8 4', '2 4', '12 4 2 4'];
const COLOURS = ['var(--accent)', 'var(--ring)', 'var(--good)', 'var(--warn)'];

/** Lines over time, with the same numbers as a table behind them. */
export function LineChart({ title, labels, series, format }: { title: string; labels: string[]; series: Series[]; format: (value: number) => string }) {
  const { t } = useTexts();
  const [box, width] = useWidth();
  const id = useId();
  const top = Math.max(0, ...series.flatMap((each) => each.values.map((value) => value ?? 0)));
  const whole = series.every((each) => each.values.every((value) => Number.isInteger(value ?? 0)));
  const axis = ticks(top, whole);
  const highest = axis[axis.length - 1] ?? 1;
  const step = labels.length > 1 ? (width - LEFT - 16) / (labels.length - 1) : 0;
  const x = (n: number) => LEFT + (labels.length > 1 ? n * step : (width - LEFT) / 2);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / highest);
  // the first one begins where its mark is and the next is centred under its own: one and a half of a label lie between
  const nth = everyNth(labels.length, width - LEFT, Math.max(...labels.map((label) => label.length), 1) * 10.5 + 8);
  return (
    <ChartFrame title={title} labels={labels} series={series} format={format}>
      <div ref={box}>
        <svg className="chart" width={width} height={HEIGHT} role="img" aria-labelledby={id}>
          <title id={id}>{`${title}. ${t('chartTableBelow')}`}</title>
          {axis.map((value) => (
            <g key={value}>
              <line x1={LEFT} x2={width} y1={y(value)} y2={y(value)} className="chart-grid" />
              <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
                {format(value)}
              </text>
            </g>
          ))}
          {labels.map((label, n) =>
            n % nth === 0 ? (
              <text key={label} x={x(n)} y={HEIGHT - 8} textAnchor={n === 0 ? 'start' : n === labels.length - 1 ? 'end' : 'middle'}>
                {label}
              </text>
            ) : null,
          )}
          {series.map((each, number) => (
            <g key={each.name} stroke={COLOURS[number % 4]} fill={COLOURS[number % 4]}>
              <path d={pathOf(each.values, x, y)} fill="none" strokeWidth="2" strokeDasharray={DASHES[number % 4]} />
              {each.values.map((value, n) =>
                value === null ? null : <Mark key={labels[n]} kind={number} x={x(n)} y={y(value)} />,
              )}
            </g>
          ))}
        </svg>
      </div>
      <ul className="row legend">
        {series.map((each, number) => (
          <li key={each.name} className="line small">
            <svg width="32" height="12" aria-hidden="true" stroke={COLOURS[number % 4]} fill={COLOURS[number % 4]}>
              <path d="M0 6H32" strokeWidth="2" strokeDasharray={DASHES[number % 4]} />
              <Mark kind={number} x={16} y={6} />
            </svg>
            {each.name}
          </li>
        ))}
      </ul>
    </ChartFrame>
  );
}

function Mark({ kind, x, y }: { kind: number; x: number; y: number }) {
  switch (kind % 4) {
    case 0:
      return <circle cx={x} cy={y} r="3" />;
    case 1:
      return <rect x={x - 3} y={y - 3} width="6" height="6" />;
    case 2:
      return <path d={`M${x} ${y - 4}l4 7h-8z`} />;
    default:
      return <path d={`M${x} ${y - 4}l4 4-4 4-4-4z`} />;
  }
}

/** A gap where nothing is known. */
function pathOf(values: (number | null)[], x: (n: number) => number, y: (value: number) => number): string {
  let pen = false;
  return values
    .map((value, n) => {
      if (value === null) {
        pen = false;
        return '';
      }
      const move = `${pen ? 'L' : 'M'}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = true;
      return move;
    })
    .join('');
}

/** A chart with its title and, folded behind it, the table that says the same. */
export function ChartFrame({ title, labels, series, format, children }: { title: string; labels: string[]; series: Series[]; format: (value: number) => string; children: ReactNode }) {
  const { t } = useTexts();
  return (
    <figure className="stack tight">
      <figcaption>
        <h2>{title}</h2>
      </figcaption>
      {children}
      <details>
        <summary>{t('chartTable')}</summary>
        <Scroll label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('reportPeriod')}</th>
                {series.map((each) => (
                  <th key={each.name} scope="col" className="number">
                    {each.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {labels.map((label, n) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {series.map((each) => {
                    const value = each.values[n];
                    return (
                      <td key={each.name} className="number">
                        {value === null || value === undefined ? t('none') : format(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </figure>
  );
}

function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(240, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}
