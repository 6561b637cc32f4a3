import { useCallback, useEffect, useRef, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Field, Loading, Problem, Scroll } from '../ui/parts';
import { PointForm } from './PointForm';
import { NEW, type PointRow, type PointsPage } from './points';
import { PointsMap } from './PointsMap';

interface Line {
  line: number;
  id: string;
  state: 'new' | 'changed' | 'same' | 'wrong';
  problems: string[];
}

/** The register of contact points: table, map, one point to change, a whole table to take in. */
export function Points() {
  const { t } = useTexts();
  const [page, setPage] = useState<PointsPage | null>(null);
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState('');
  const [editing, setEditing] = useState<PointRow | null>(null);
  const loading = useAction();
  const { run } = loading;
  const load = useCallback(() => void run(async () => setPage(await api.read<PointsPage>('/api/network/points'))), [run]);
  useEffect(load, [load]);
  if (!page) return <div className="page">{loading.error ? <Problem error={loading.error} /> : <Loading />}</div>;
  const wanted = text.trim().toLocaleLowerCase('lv');
  const rows = page.points.filter((row) => `${row.point.name} ${row.point.id} ${row.region}`.toLocaleLowerCase('lv').includes(wanted));
  const nameOf = new Map(page.territories.map((each) => [each.code, each.name]));
  return (
    <div className="page stack">
      <div className="row apart">
        <div>
          <h1>{t('points')}</h1>
          <p className="hint">{t('pointsText')}</p>
        </div>
        <div className="row">
          <a className="button" href="/api/network/points.csv" download>
            {t('download', { kind: 'CSV' })}
          </a>
          <button type="button" className="button primary" data-testid="point-new" onClick={() => setEditing(NEW)}>
            <Icon name="add" /> {t('pointNew')}
          </button>
        </div>
      </div>
      {editing ? (
        <PointForm
          key={editing.point.id}
          row={editing}
          page={page}
          onDone={(saved) => {
            setEditing(null);
            if (saved) {
              setChosen(saved.point.id);
              load();
            }
          }}
        />
      ) : null}
      <div className="pair">
        <section className="card stack" aria-label={t('points')}>
          <Field id="points-search" label={t('pointName')}>
            <input id="points-search" type="search" value={text} onChange={(event) => setText(event.target.value)} />
          </Field>
          <Scroll label={t('points')} tall>
            <table data-testid="points">
              <thead>
                <tr>
                  <th scope="col">{t('pointName')}</th>
                  <th scope="col">{t('pointKind')}</th>
                  <th scope="col">{t('pointTerritory')}</th>
                  <th scope="col">{t('pointHours')}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.point.id} data-testid={`point-${row.point.id}`}>
                    <th scope="row">
                      <button
                        type="button"
                        className="button quiet start"
                        aria-pressed={chosen === row.point.id}
                        onClick={() => {
                          setChosen(row.point.id);
                          setEditing(row);
                        }}
                      >
                        {row.point.name}
                      </button>
                    </th>
                    <td>{t(`point_${row.point.kind}`)}</td>
                    <td>{nameOf.get(row.point.atvk) ?? row.point.atvk}</td>
                    <td>{row.stop_today ? t('pointToday', { place: row.stop_today.place }) : row.hours || t('none')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </section>
        <section className="card stack" aria-label={t('pointsMap')}>
          <h2>{t('pointsMap')}</h2>
          <PointsMap rows={rows} chosen={chosen} onChoose={setChosen} />
        </section>
      </div>
      <TableIn onTaken={load} />
    </div>
  );
}

function TableIn({ onTaken }: { onTaken: () => void }) {
  const { t, word } = useTexts();
  const [table, setTable] = useState('');
  const [lines, setLines] = useState<Line[] | null>(null);
  const [taken, setTaken] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const doing = useAction();
  const send = (apply: boolean) =>
    void doing.run(async () => {
      setTaken(false);
      const found = await api.write<{ lines: Line[] }>('POST', '/api/network/points/table', { table, apply });
      setLines(found.lines);
      if (apply) {
        setTaken(true);
        onTaken();
      }
    });
  const wrong = lines?.some((line) => line.state === 'wrong');
  return (
    <section className="card stack" aria-label={t('pointsTable')}>
      <h2>{t('pointsTable')}</h2>
      <Field id="points-file" label={t('pointsTable')} hint={t('pointsTableHint')}>
        <input
          id="points-file"
          ref={file}
          type="file"
          accept=".csv,text/csv"
          aria-describedby="points-file-hint"
          onChange={(event) => {
            setLines(null);
            void event.target.files?.[0]?.text().then(setTable);
          }}
        />
      </Field>
      <div className="row">
        <button type="button" className="button" data-testid="points-check" disabled={!table || doing.busy} onClick={() => send(false)}>
          {t('pointsCheck')}
        </button>
        <button type="button" className="button primary" data-testid="points-apply" disabled={!lines || wrong || doing.busy} onClick={() => send(true)}>
          {t('pointsApply')}
        </button>
        {taken ? <span role="status">{t('pointsApplied')}</span> : null}
      </div>
      <Problem error={doing.error} />
      {lines ? (
        <ul className="stack tight" data-testid="points-lines">
          {lines
            .filter((line) => line.state !== 'same')
            .map((line) => (
              <li key={line.line} className={line.state === 'wrong' ? 'wrong' : undefined}>
                {t('pointsLine', { line: line.line, id: line.id, state: word('line_', line.state) })}
                {line.problems.length > 0 ? ` (${line.problems.join(', ')})` : ''}
              </li>
            ))}
        </ul>
      ) : null}
    </section>
  );
}
