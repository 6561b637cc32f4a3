import { useTexts } from '../i18n';
import { Field } from '../ui/parts';

/** A note on a visit: without personal data, kept on the device until it is sent. */
export function NoteField({ id, value, onChange }: { id: string; value: string; onChange: (text: string) => void }) {
  const { t } = useTexts();
  return (
    <Field id={id} label={t('note')} hint={t('noteHint')}>
      <textarea
        id={id}
        aria-describedby={`${id}-hint`}
        maxLength={2000}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
