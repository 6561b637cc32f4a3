import { type FormEvent, type ReactNode, useState } from 'react';

import type { Bilingual } from '../api/types';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Field, Problem } from '../ui/parts';

/** Names something new in both languages. */
export function NameForm({ id, label, children, onSave }: { id: string; label: string; children?: ReactNode; onSave: (name: Bilingual) => Promise<unknown> }) {
  const { t } = useTexts();
  const [name, setName] = useState<Bilingual>({ lv: '', en: '' });
  const saving = useAction();
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving.run(() => onSave(name)).then((done) => done && setName({ lv: '', en: '' }));
  };
  return (
    <form className="stack tight" onSubmit={save}>
      <Problem error={saving.error} />
      <div className="row bottom">
        <Field id={`${id}-lv`} label={t('insNameLv')}>
          <input id={`${id}-lv`} lang="lv" required value={name.lv} onChange={(event) => setName({ ...name, lv: event.target.value })} />
        </Field>
        <Field id={`${id}-en`} label={t('insNameEn')}>
          <input id={`${id}-en`} lang="en" required value={name.en} onChange={(event) => setName({ ...name, en: event.target.value })} />
        </Field>
        {children}
        <button type="submit" className="button" data-testid={`${id}-add`} disabled={saving.busy}>
          {label}
        </button>
      </div>
    </form>
  );
}
