import { useState } from 'react';

import { useTexts } from '../i18n';
import { Field } from '../ui/parts';

const KINDS = ['customer_card', 'transport_card', 'student_card', 'eid', 'qr'];

export interface MeansDraft {
  kind: string;
  token: string;
}

/** What is typed of a means of identification, and how to empty it once it was taken. */
export function useMeansDraft() {
  const [draft, setDraft] = useState<MeansDraft>({ kind: 'customer_card', token: '' });
  return {
    draft,
    setDraft,
    sent: { ...draft, token: draft.token.trim() },
    clear: () => setDraft((before) => ({ ...before, token: '' })),
  };
}

export function MeansFields({ id, draft, onChange }: { id: string; draft: MeansDraft; onChange: (draft: MeansDraft) => void }) {
  const { t, word } = useTexts();
  return (
    <>
      <Field id={`${id}-kind`} label={t('meansKind')}>
        <select id={`${id}-kind`} value={draft.kind} onChange={(event) => onChange({ ...draft, kind: event.target.value })}>
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {word('means_', each)}
            </option>
          ))}
        </select>
      </Field>
      <Field id={`${id}-token`} label={t('pMeansToken')}>
        <input
          id={`${id}-token`}
          required
          minLength={4}
          autoComplete="off"
          value={draft.token}
          onChange={(event) => onChange({ ...draft, token: event.target.value })}
        />
      </Field>
    </>
  );
}
