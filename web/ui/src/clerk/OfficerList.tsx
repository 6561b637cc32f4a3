import { useRef, useState } from 'react';

import type { OfficerCard } from '../api/types';
import { live } from '../app';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { Empty, Field, Indicator } from '../ui/parts';
import { useShortcut } from '../ui/shortcuts';
import { useStore } from '../ui/store';
import { choose, NO_FILTER } from './filter';

/** Every officer with a live indicator; each row has one act: to dial. */
export function OfficerList({ onDial }: { onDial: (officer: OfficerCard) => void }) {
  const { t, of, word } = useTexts();
  const { agencies, groups, officers } = useStore(live.state);
  const [filter, setFilter] = useState(NO_FILTER);
  const search = useRef<HTMLInputElement>(null);
  useShortcut('search', () => search.current?.focus());
  const found = choose(filter, agencies, groups, officers);
  const languages = [...new Set(officers.flatMap((officer) => officer.languages))].sort();
  const names = new Map(groups.map((group) => [group.id, of(group.name)]));
  return (
    <section className="card stack" aria-label={t('officers')}>
      <h2>{t('officers')}</h2>
      <Field id="officer-search" label={t('officersSearch')} hint={t('officersSearchHint')}>
        <input
          id="officer-search"
          ref={search}
          type="search"
          aria-describedby="officer-search-hint"
          value={filter.text}
          onChange={(event) => setFilter({ ...filter, text: event.target.value })}
          onKeyDown={(event) => event.key === 'Escape' && setFilter({ ...filter, text: '' })}
        />
      </Field>
      <details>
        <summary>
          {t('filterAgency')}, {t('filterGroup').toLowerCase()}, {t('filterLanguage').toLowerCase()}
        </summary>
        <div className="stack tight">
          <Select
            id="filter-agency"
            label={t('filterAgency')}
            value={filter.agency}
            options={agencies.map((agency) => [agency.id, `${agency.code} ${of(agency.name)}`])}
            onChange={(agency) => setFilter({ ...filter, agency, group: '' })}
          />
          <Select
            id="filter-group"
            label={t('filterGroup')}
            value={filter.group}
            options={groups
              .filter((group) => !filter.agency || group.agency_id === filter.agency)
              .map((group) => [group.id, of(group.name)])}
            onChange={(group) => setFilter({ ...filter, group })}
          />
          <Select
            id="filter-language"
            label={t('filterLanguage')}
            value={filter.language}
            options={languages.map((each) => [each, word('lang_', each)])}
            onChange={(language) => setFilter({ ...filter, language })}
          />
        </div>
      </details>
      <label className="check">
        <input
          type="checkbox"
          checked={filter.onlyAvailable}
          onChange={(event) => setFilter({ ...filter, onlyAvailable: event.target.checked })}
        />
        {t('onlyAvailable')}
      </label>
      {/* The list scrolls, so it must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="officer-list" role="group" aria-label={t('officers')} tabIndex={0}>
        {found.length === 0 ? <Empty icon="search">{t('officersNone')}</Empty> : null}
        {found.map(({ agency, officers: rows }) => (
          <section key={agency.id} className="stack tight" aria-label={agency.code}>
            <h3 className="agency-head" title={of(agency.name)}>
              {agency.code} · {of(agency.name)}
            </h3>
            {rows.map((officer) => (
              <div key={officer.id} className="officer-row" data-testid={`officer-row-${officer.id}`}>
                <div>
                  <div className="name">
                    {officer.name} {officer.simulated ? <span className="badge">{t('simulated')}</span> : null}
                  </div>
                  <div className="quiet small">
                    {officer.groups.map((group) => names.get(group.id) ?? group.id).join(', ')} ·{' '}
                    {officer.languages.map((each) => word('lang_', each)).join(', ')}
                  </div>
                  <Indicator name={officer.indicator} reason={officer.reason} id={officer.id} />
                </div>
                <button
                  type="button"
                  className={officer.indicator === 'available' ? 'button primary' : 'button'}
                  data-testid={`dial-${officer.id}`}
                  title={officer.indicator === 'available' ? undefined : t('dialQueue')}
                  aria-label={t('dialWho', { name: officer.name })}
                  onClick={() => onDial(officer)}
                >
                  <Icon name="phone" /> {t('dial')}
                </button>
              </div>
            ))}
          </section>
        ))}
      </div>
    </section>
  );
}

function Select({
  id,
  label,
  value,
  options,
  onChange,
}: {
  id: string;
  label: string;
  value: string;
  options: [string, string][];
  onChange: (value: string) => void;
}) {
  const { t } = useTexts();
  return (
    <Field id={id} label={label}>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t('all')}</option>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}
