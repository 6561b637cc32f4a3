import { useState } from 'react';

import type { QueuedView } from '../api/types';
import { live } from '../app';
import { useTexts } from '../i18n';
import { Confirm, Indicator } from '../ui/parts';
import { useStore } from '../ui/store';
import { assignable, nobodyBecause } from './queue';

/** To whom: whoever of the agency is there, and what each of them is doing now. */
export function AssignDialog({
  request,
  onAssign,
  onClose,
}: {
  request: QueuedView;
  onAssign: (officerId: string, name: string) => void;
  onClose: () => void;
}) {
  const { t } = useTexts();
  const { officers } = useStore(live.state);
  const [chosen, setChosen] = useState('');
  const able = assignable(officers, request.group_id);
  const officer = able.find((each) => each.id === chosen);
  return (
    <Confirm
      open
      title={t('assignTitle', { ticket: request.ticket })}
      onClose={onClose}
      {...(officer ? { confirm: t('assign'), onConfirm: () => onAssign(officer.id, officer.name) } : {})}
    >
      <p>{t('assignText')}</p>
      {able.length === 0 ? (
        <p className="quiet">{t(nobodyBecause(officers))}</p>
      ) : (
        <fieldset>
          <legend>{t('assignTo')}</legend>
          {able.map((each) => (
            <label key={each.id} className="check">
              <input
                type="radio"
                name="assign-to"
                data-testid={`assign-to-${each.id}`}
                checked={each.id === chosen}
                onChange={() => setChosen(each.id)}
              />
              <span>{each.name}</span> <Indicator name={each.indicator} reason={each.reason} />
            </label>
          ))}
        </fieldset>
      )}
    </Confirm>
  );
}
