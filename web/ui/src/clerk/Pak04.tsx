import { useTexts } from '../i18n';

export interface Conditions {
  without_eid: boolean;
  not_delegated: boolean;
}

/** The two conditions under which a service of VID is applied for on the client's behalf; both are checked by the clerk. */
export function Pak04({
  value,
  onChange,
  known = false,
}: {
  value: Conditions;
  onChange: (next: Conditions) => void;
  /** the catalogue said already that the service is not in the delegated scheme */
  known?: boolean;
}) {
  const { t } = useTexts();
  return (
    <fieldset className="stack tight" data-testid="pak-04">
      <legend>{t('pak04')}</legend>
      <label className="check">
        <input
          type="checkbox"
          data-testid="pak-04-eid"
          checked={value.without_eid}
          onChange={(event) => onChange({ ...value, without_eid: event.target.checked })}
        />
        {t('pak04Eid')}
      </label>
      <label className="check">
        <input
          type="checkbox"
          data-testid="pak-04-delegated"
          checked={known || value.not_delegated}
          disabled={known}
          onChange={(event) => onChange({ ...value, not_delegated: event.target.checked })}
        />
        {t('pak04Delegated')}
      </label>
      <p className="hint">{known ? t('pak04Catalogue') : t('pak04Hint')}</p>
    </fieldset>
  );
}
