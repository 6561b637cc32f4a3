import { useEffect, useRef, useState } from 'react';
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components';

import { ApiError } from '../api/client';
import { api } from '../app';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';

/** A public service as the catalogue (VIRSIS) has it; `paks`: what can be given for it at a contact point. */
export interface PublicService {
  id: string;
  name: { lv: string; en: string };
  authority: string;
  is_eservice: boolean;
  in_delegated_scheme: boolean;
  paks: string[];
}

interface Found {
  services: PublicService[];
  fetched_ms: number;
  stale: boolean;
}

/** Finds a public service by its name or agency, by keyboard alone; nothing of it is kept on the device. */
export function ServicePicker({
  id,
  value,
  onChange,
}: {
  id: string;
  value: PublicService | null;
  onChange: (service: PublicService | null) => void;
}) {
  const { t, of, word, date, lang } = useTexts();
  const [text, setText] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const [down, setDown] = useState(false);
  const last = useRef(0);

  useEffect(() => {
    setText(value ? value.name[lang] : '');
  }, [value, lang]);

  const look = (wanted: string) => {
    const mine = ++last.current;
    // the answer to what was typed last is shown, whichever comes last
    void api
      .read<Found>(`/api/catalogue?${new URLSearchParams({ text: wanted })}`)
      .then((answer) => {
        if (mine !== last.current) return;
        setFound(answer);
        setDown(false);
      })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (mine === last.current) setDown(true);
      });
  };
  useEffect(() => look(''), []);

  const services = found?.services ?? [];
  const when = found?.fetched_ms ? date(found.fetched_ms) : '';
  return (
    <div className="field wide service-picker" data-testid={`${id}-picker`}>
      <ComboBox
        items={services}
        inputValue={text}
        selectedKey={value?.id ?? null}
        menuTrigger="focus"
        allowsEmptyCollection
        allowsCustomValue
        onInputChange={(next) => {
          setText(next);
          if (value && next !== of(value.name)) onChange(null);
          look(next);
        }}
        onSelectionChange={(key) => {
          const chosen = services.find((each) => each.id === key) ?? null;
          if (chosen) onChange(chosen);
        }}
      >
        <Label>{t('catalogue')}</Label>
        <div className="picker-row">
          <Input id={id} data-testid={id} autoComplete="off" maxLength={100} />
          <Button className="icon-button" aria-label={t('catalogue')}>
            <Icon name="search" />
          </Button>
        </div>
        <Text slot="description" className="hint">
          {down ? t('catalogueDown') : found && !found.fetched_ms ? t('catalogueEmpty') : found?.stale ? t('catalogueOld', { when }) : t('catalogueHint')}
        </Text>
        <Popover className="picker-list card">
          <ListBox<PublicService> renderEmptyState={() => <p className="hint">{t('catalogueNone')}</p>}>
            {(each) => (
              <ListBoxItem id={each.id} textValue={of(each.name)} className="picker-item">
                <Text slot="label">{of(each.name)}</Text>
                <Text slot="description" className="hint">
                  {[each.authority, each.is_eservice ? t('catalogueEservice') : '', each.in_delegated_scheme ? t('catalogueDelegated') : '']
                    .filter(Boolean)
                    .join(' · ')}
                </Text>
              </ListBoxItem>
            )}
          </ListBox>
        </Popover>
      </ComboBox>
      {value ? (
        <div className="row apart">
          <span className="hint" data-testid={`${id}-paks`}>
            {t('cataloguePak', { list: value.paks.map((each) => word('', each)).join('; ') })}
          </span>
          <button type="button" className="button quiet" data-testid={`${id}-clear`} onClick={() => onChange(null)}>
            {t('catalogueClear')}
          </button>
        </div>
      ) : null}
    </div>
  );
}
