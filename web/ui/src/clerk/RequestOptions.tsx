import { live } from '../app';
import { type Key, useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { Field, IconButton } from '../ui/parts';
import { useStore } from '../ui/store';
import { GroupSelect } from './GroupSelect';
import type { Options } from './options';

const LEVELS = [2, 3, 4, 5] as const;
/** so many agencies in one visit */
const MOST = 4;

/** What few requests need, folded away: sign language, a level, an officer one knows, several agencies at once. */
export function RequestOptions({
  group,
  options,
  checked,
  onChange,
}: {
  group: string;
  options: Options;
  checked: boolean;
  onChange: (options: Options) => void;
}) {
  const { t } = useTexts();
  const { officers, lastServed } = useStore(live.state);
  const able = officers.filter((each) => each.groups.some((one) => one.id === group));
  const same = able.find((each) => each.id === lastServed);
  const change = (what: Partial<Options>) => onChange({ ...options, ...what });
  const changeMore = (at: number, value: string) =>
    change({ more: options.more.map((each, index) => (index === at ? value : each)) });
  return (
    <details className="options" data-testid="request-options">
      <summary>{t('moreOptions')}</summary>
      <div className="stack">
        <div className="form-grid">
          <Field id="request-level" label={t('requestLevel')}>
            <select
              id="request-level"
              value={options.level}
              onChange={(event) => change({ level: Number(event.target.value) })}
            >
              <option value={0}>{t('levelAny')}</option>
              {LEVELS.map((each) => (
                <option key={each} value={each}>
                  {t('levelAtLeast', { n: t(`level_${each}` as Key) })}
                </option>
              ))}
            </select>
          </Field>
          <Field id="request-preferred" label={t('requestPreferred')} hint={t('preferredHint')}>
            <select
              id="request-preferred"
              data-testid="request-preferred"
              aria-describedby="request-preferred-hint"
              value={able.some((each) => each.id === options.preferred) ? options.preferred : ''}
              onChange={(event) => change({ preferred: event.target.value })}
            >
              <option value="">{t('preferredNone')}</option>
              {same ? <option value={same.id}>{t('preferredSame', { name: same.name })}</option> : null}
              {able
                .filter((each) => each.id !== same?.id)
                .map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name}
                  </option>
                ))}
            </select>
          </Field>
        </div>
        <fieldset>
          <legend>{t('requestSkills')}</legend>
          <label className="check">
            <input
              type="checkbox"
              data-testid="request-sign"
              checked={options.sign}
              onChange={(event) => change({ sign: event.target.checked })}
            />
            {t('skill_sign')}
          </label>
        </fieldset>
        <fieldset className="stack tight">
          <legend>{t('visit')}</legend>
          <p className="hint">{t('visitHint')}</p>
          {options.more.map((each, index) => (
            <div key={index} className="visit-row">
              <Field
                id={`request-group-${index + 2}`}
                label={t('visitGroup', { n: index + 2 })}
                error={checked && !each ? t('visitChoose') : null}
              >
                <GroupSelect
                  id={`request-group-${index + 2}`}
                  value={each}
                  wrong={checked && !each}
                  onChange={(value) => changeMore(index, value)}
                />
              </Field>
              <IconButton
                icon="remove"
                label={t('visitRemove', { n: index + 2 })}
                onClick={() => change({ more: options.more.filter((_, at) => at !== index) })}
              />
            </div>
          ))}
          {options.more.length + 1 < MOST ? (
            <div className="row">
              <button
                type="button"
                className="button"
                data-testid="visit-add"
                onClick={() => change({ more: [...options.more, ''] })}
              >
                <Icon name="add" /> {t('visitAdd')}
              </button>
            </div>
          ) : null}
        </fieldset>
      </div>
    </details>
  );
}
