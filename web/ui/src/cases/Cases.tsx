import { type FormEvent, useCallback, useEffect, useState } from 'react';

import { ApiError } from '../api/client';
import type { CaseRow, Outcome } from '../api/types';
import { api, live } from '../app';
import { useTexts } from '../i18n';
import { dayOf } from '../reports/types';
import { NoteField } from '../session/NoteField';
import { useAction, useDraft } from '../ui/hooks';
import { Empty, Field, Loading, Problem, Scroll } from '../ui/parts';
import { go } from '../ui/route';
import { useStore } from '../ui/store';
import { History } from './History';
import { Parts } from './Parts';
import { QuickEntry } from './QuickEntry';
import { CHANNELS, OUTCOMES, PAKS } from './words';


/** The register of served clients of this contact point: search, filter, correct, export. */
export function Cases() {
  const { t, word, of } = useTexts();
  const { agencies, lastCase, session } = useStore(live.state);
  const [text, setText] = useState('');
  const [pak, setPak] = useState('');
  const [agency, setAgency] = useState('');
  const [channel, setChannel] = useState('');
  const [from, setFrom] = useState('');
  const [rows, setRows] = useState<CaseRow[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const loading = useAction();
  const { run } = loading;
  const query = useCallback(() => {
    const found = new URLSearchParams();
    if (text.trim()) found.set('q', text.trim());
    if (pak) found.set('pak', pak);
    if (agency) found.set('agency_id', agency);
    if (channel) found.set('channel', channel);
    if (from) found.set('from', String(startOfDay(from)));
    return found;
  }, [text, pak, agency, channel, from]);

  useEffect(() => {
    const timer = setTimeout(
      () =>
        void run(async () => {
          const page = await api.cases(query());
          setRows(page.cases);
          setNext(page.next);
        }),
      250,
    );
    return () => clearTimeout(timer);
    // A case that changed elsewhere is read anew.
  }, [query, run, lastCase]);

  const more = () =>
    void run(async () => {
      const asked = query();
      if (next) asked.set('before', next);
      const page = await api.cases(asked);
      setRows((known) => [...(known ?? []), ...page.cases]);
      setNext(page.next);
    });
  const replace = (row: CaseRow) => setRows((known) => known?.map((each) => (each.id === row.id ? row : each)) ?? null);

  return (
    <div className="page stack">
      {session && session.state !== 'ended' ? (
        <div className="notice row apart" data-testid="session-runs">
          {t('sessionRuns')}
          <button type="button" className="button primary" onClick={() => go('/clerk')}>
            {t('sessionBack')}
          </button>
        </div>
      ) : null}
      <div className="row apart">
        <h1>{t('casesTitle')}</h1>
        <div className="row">
          <a className="button" href={`/api/cases.csv?${query()}`} download data-testid="cases-csv">
            {t('casesExport')}
          </a>
          <a className="button" href={`/api/cases.xlsx?${query()}`} download data-testid="cases-xlsx">
            {t('download', { kind: 'XLSX' })}
          </a>
        </div>
      </div>
      <QuickEntry onSaved={(row) => setRows((known) => [row, ...(known ?? []).filter((each) => each.id !== row.id)])} />
      <div className="card form-grid">
        <Field id="case-search" label={t('casesSearch')}>
          <input id="case-search" type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        <Field id="case-pak" label={t('c_pak')}>
          <select id="case-pak" value={pak} onChange={(event) => setPak(event.target.value)}>
            <option value="">{t('allServices')}</option>
            {PAKS.map((each) => (
              <option key={each} value={each}>
                {word('', each)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="case-agency" label={t('c_agency')}>
          <select id="case-agency" value={agency} onChange={(event) => setAgency(event.target.value)}>
            <option value="">{t('all')}</option>
            {agencies.map((each) => (
              <option key={each.id} value={each.id}>
                {each.code} {of(each.name)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="case-channel" label={t('entryChannel')}>
          <select id="case-channel" value={channel} onChange={(event) => setChannel(event.target.value)}>
            <option value="">{t('allServices')}</option>
            {CHANNELS.map((each) => (
              <option key={each} value={each}>
                {t(`channel_${each}`)}
              </option>
            ))}
          </select>
        </Field>
        <Field id="case-from" label={t('reportFrom')}>
          <input id="case-from" type="date" value={from} onChange={(event) => setFrom(event.target.value)} />
        </Field>
      </div>
      <Problem error={loading.error} />
      {rows === null && !loading.error ? <Loading /> : null}
      {rows?.length === 0 ? <Empty icon="search">{t('casesNone')}</Empty> : null}
      {rows && rows.length > 0 ? <Table rows={rows} onSaved={replace} /> : null}
      {next ? (
        <button type="button" className="button" disabled={loading.busy} onClick={more}>
          {t('casesMore')}
        </button>
      ) : null}
    </div>
  );
}

/** Midnight in Latvia of a day as a date field says it. */
function startOfDay(day: string): number {
  const noon = Date.parse(`${day}T12:00:00Z`);
  // the offset of that day: two or three hours
  return [3, 2].map((hours) => Date.parse(`${day}T00:00:00Z`) - hours * 3_600_000).find((ms) => dayOf(ms) === day) ?? noon;
}

function Table({ rows, onSaved }: { rows: CaseRow[]; onSaved: (row: CaseRow) => void }) {
  const { t, date, duration, word } = useTexts();
  const [editing, setEditing] = useState<string | null>(null);
  return (
    <Scroll label={t('casesTitle')} card>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('c_started')}</th>
            <th scope="col">{t('c_pak')}</th>
            <th scope="col">{t('c_agency')}</th>
            <th scope="col">{t('c_officer')}</th>
            <th scope="col">{t('c_point')}</th>
            <th scope="col" className="number">
              {t('c_wait')}
            </th>
            <th scope="col" className="number">
              {t('c_duration')}
            </th>
            <th scope="col">{t('c_outcome')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} data-testid={`case-row-${row.id}`} data-session={row.session_id}>
              <td>{date(row.started_at_ms)}</td>
              <td title={word('', row.pak)}>{row.pak}</td>
              <td>
                {row.agency_name}
                <br />
                <span className="small quiet">{row.group_name || row.service}</span>
              </td>
              <td>
                {row.officer_name || t(`channel_${row.channel}`)}
                <Parts row={row} />
              </td>
              <td>{row.workstation_name ?? row.point_name}</td>
              <td className="number">{duration(row.wait_s)}</td>
              <td className="number">{row.duration_s === null ? t('running') : duration(row.duration_s)}</td>
              <td>
                {editing === row.id ? (
                  <Edit
                    row={row}
                    onDone={(saved) => {
                      setEditing(null);
                      if (saved) onSaved(saved);
                    }}
                  />
                ) : (
                  <>
                    {row.outcome ? word('outcome_', row.outcome) : t('none')}
                    {row.note ? <p className="small quiet">{row.note}</p> : null}
                    <button
                      type="button"
                      className="button quiet"
                      data-testid={`case-edit-${row.id}`}
                      onClick={() => setEditing(row.id)}
                    >
                      {t('edit')}
                    </button>
                    {row.version > 1 ? <History key={row.version} id={row.id} /> : null}
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Edit({ row, onDone }: { row: CaseRow; onDone: (saved: CaseRow | null) => void }) {
  const { t } = useTexts();
  const [outcome, setOutcome] = useState<string>(row.outcome ?? '');
  const [draft, setDraft] = useDraft(`case.${row.id}`);
  const [touched, setTouched] = useState(draft !== '');
  const [version, setVersion] = useState(row.version);
  const [theirs, setTheirs] = useState<string | null>(null);
  const saving = useAction();
  // An emptied field is meant: only a field nobody touched shows what the register has.
  const note = touched ? draft : row.note;
  const change = (text: string) => {
    setTouched(true);
    setDraft(text);
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving.run(async () => {
      try {
        const saved = await api.saveCase(row.id, version, { note, ...(outcome ? { outcome: outcome as Outcome } : {}) });
        setDraft('');
        onDone(saved);
      } catch (error) {
        // Somebody else saved first: show theirs, keep ours, and let the next save be meant.
        if (!(error instanceof ApiError) || error.code !== 'case_changed') throw error;
        setTheirs(String(error.details['note'] ?? ''));
        setVersion(Number(error.details['version'] ?? version));
        throw error;
      }
    });
  };
  return (
    <form className="stack tight" onSubmit={save}>
      <Field id={`outcome-${row.id}`} label={t('outcome')}>
        <select id={`outcome-${row.id}`} value={outcome} onChange={(event) => setOutcome(event.target.value)}>
          <option value="">{t('choose')}</option>
          {OUTCOMES.map((each) => (
            <option key={each} value={each}>
              {t(`outcome_${each as 'solved'}`)}
            </option>
          ))}
        </select>
      </Field>
      <NoteField id={`note-${row.id}`} value={note} onChange={change} />
      {theirs === null ? null : <p className="notice">{t('caseChanged', { theirs })}</p>}
      <Problem error={saving.error} />
      <div className="row">
        <button type="submit" className="button primary" disabled={saving.busy}>
          {t('save')}
        </button>
        <button type="button" className="button" onClick={() => onDone(null)}>
          {t('cancel')}
        </button>
      </div>
    </form>
  );
}
