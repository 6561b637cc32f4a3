import { live } from '../app';
import { useTexts } from '../i18n';
import { useStore } from '../ui/store';

/** Every competence group, by agency, with who is there. */
export function GroupSelect({
  id,
  value,
  wrong,
  onChange,
}: {
  id: string;
  value: string;
  wrong: boolean;
  onChange: (group: string) => void;
}) {
  const { t, of } = useTexts();
  const { agencies, groups } = useStore(live.state);
  return (
    <select
      id={id}
      data-testid={id}
      aria-invalid={wrong}
      aria-describedby={wrong ? `${id}-error` : undefined}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{t('choose')}</option>
      {agencies.map((agency) => (
        <optgroup key={agency.id} label={`${agency.code} ${of(agency.name)}`}>
          {groups
            .filter((each) => each.agency_id === agency.id)
            .map((each) => (
              <option key={each.id} value={each.id}>
                {of(each.name)} — {each.open ? t('groupAvailable', { n: each.available }) : t('groupShut')}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}
