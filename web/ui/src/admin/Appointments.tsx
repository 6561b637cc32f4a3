import { useTexts } from '../i18n';
import { NumberField, Section, Toggle } from './parts';
import type { Slots } from './types';

const USUAL: Slots = { minutes: 30, parallel: 1, days_ahead: 14, min_notice_minutes: 60 };
const FIELDS = [
  ['minutes', 5, 240],
  ['parallel', 1, 100],
  ['days_ahead', 1, 180],
  ['min_notice_minutes', 0, 10_080],
] as const;

/** Appointments of a group, or none. */
export function Appointments({ slots, onChange }: { slots: Slots | null; onChange: (slots: Slots | null) => void }) {
  const { t } = useTexts();
  return (
    <Section title={t('slotsTitle')} hint={t('slotsHint')}>
      <Toggle label={t('slotsOn')} checked={slots !== null} onChange={(on) => onChange(on ? USUAL : null)} />
      {slots ? (
        <div className="form-grid">
          {FIELDS.map(([field, min, max]) => (
            <NumberField
              key={field}
              path={`rules.slots.${field}`}
              label={t(`slots_${field}`)}
              value={slots[field]}
              min={min}
              max={max}
              onChange={(value) => onChange({ ...slots, [field]: value ?? min })}
            />
          ))}
        </div>
      ) : null}
    </Section>
  );
}
