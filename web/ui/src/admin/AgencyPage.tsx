import { useTexts } from '../i18n';
import { CalendarEditor, OwnCalendar } from './CalendarEditor';
import { dropDraft, useEditing } from './editing';
import { NumberField, ProblemsOf, Section } from './parts';
import { SaveBar, Trouble } from './SaveBar';
import type { AgencyDocument, Configuration } from './types';
import { useSave } from './useSave';

/** What holds for all groups: parallel channels and hours. */
export function AgencyPage({ configured }: { configured: Configuration }) {
  const { t, of } = useTexts();
  const editing = useEditing<AgencyDocument>('agency', configured.agency);
  const saving = useSave(() => dropDraft('agency'));
  const { mine, set } = editing;
  return (
    <ProblemsOf value={saving.problems}>
      <h1>{of(configured.agency.name)}</h1>
      <Trouble editing={editing} saving={saving} />
      <Section title={t('channels')}>
        <div className="form-grid">
          <NumberField
            path="channels"
            label={t('agencyChannels')}
            hint={t('agencyChannelsHint')}
            value={mine.channels}
            min={1}
            max={500}
            onChange={(channels) => set((now) => ({ ...now, channels }))}
          />
        </div>
      </Section>
      <Section title={t('hoursTitle')} hint={t('agencyHoursHint')}>
        <OwnCalendar
          own={t('hoursFixed')}
          none={t('hoursAlways')}
          calendar={mine.calendar}
          onChange={(calendar) => set((now) => ({ ...now, calendar }))}
        />
        {mine.calendar ? (
          <CalendarEditor path="calendar" calendar={mine.calendar} onChange={(calendar) => set((now) => ({ ...now, calendar }))} />
        ) : null}
      </Section>
      <SaveBar
        editing={editing}
        saving={saving}
        onReview={() => saving.review({ kind: 'agency', etag: editing.etag ?? '', document: mine })}
      />
    </ProblemsOf>
  );
}
