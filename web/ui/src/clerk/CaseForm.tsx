import { type FormEvent, useState } from 'react';

import type { CaseRow, Outcome, SessionView } from '../api/types';
import { api, live } from '../app';
import { useTexts } from '../i18n';
import { NoteField } from '../session/NoteField';
import { useAction, useDraft } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { useStore } from '../ui/store';

const OUTCOMES: Outcome[] = ['solved', 'partly', 'not_sufficient', 'referred'];

/** The record of this visit. It fills itself from the session; the clerk adds the outcome and a note. */
export function CaseForm({ session }: { session: SessionView }) {
  const { t } = useTexts();
  const { lastCase } = useStore(live.state);
  const [note, setNote] = useDraft(`note.${session.id}`);
  const [outcome, setOutcome] = useDraft(`outcome.${session.id}`);
  const [saved, setSaved] = useState(false);
  const [early, setEarly] = useState(false);
  const saving = useAction();
  const known = lastCase?.session_id === session.id ? lastCase : null;
  const save = (event: FormEvent) => {
    event.preventDefault();
    setSaved(false);
    setEarly(false);
    void saving.run(async () => {
      const row = known ?? (await find(session.id));
      if (!row) return setEarly(true);
      await api.saveCase(row.id, row.version, {
        ...(outcome ? { outcome: outcome as Outcome } : {}),
        ...(note ? { note } : {}),
      });
      setSaved(true);
    });
  };
  return (
    <form className="card stack" aria-label={t('caseForm')} onSubmit={save}>
      <h2>{t('caseForm')}</h2>
      <p className="hint">{t('caseAfter')}</p>
      <fieldset className="stack tight">
        <legend>{t('outcome')}</legend>
        {OUTCOMES.map((each) => (
          <label key={each} className="check">
            <input
              type="radio"
              name="case-outcome"
              checked={(outcome || known?.outcome) === each}
              onChange={() => setOutcome(each)}
            />
            {t(`outcome_${each as 'solved'}`)}
          </label>
        ))}
      </fieldset>
      <NoteField id="case-note" value={note} onChange={setNote} />
      {early ? (
        <p className="notice" role="alert">
          {t('caseEarly')}
        </p>
      ) : null}
      <Problem error={saving.error} />
      <div className="row">
        <button type="submit" className="button" data-testid="case-save" disabled={saving.busy || (!note && !outcome)}>
          {t('save')}
        </button>
        {saved ? (
          <span role="status">
            <Icon name="check" size={16} /> {t('saved')}
          </span>
        ) : null}
      </div>
    </form>
  );
}

async function find(sessionId: string): Promise<CaseRow | null> {
  const { cases } = await api.cases(new URLSearchParams({ limit: '50' }));
  return cases.find((row) => row.session_id === sessionId) ?? null;
}
