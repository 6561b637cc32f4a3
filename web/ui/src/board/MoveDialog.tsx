import { useEffect, useState } from 'react';

import type { QueuedView, Target } from '../api/types';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Confirm, Field, Problem } from '../ui/parts';

/** To which group: the own agency's first, then every other agency's. */
export function MoveDialog({
  request,
  onMove,
  onClose,
}: {
  request: QueuedView;
  onMove: (groupId: string, name: string) => void;
  onClose: () => void;
}) {
  const { t, of } = useTexts();
  const asking = useAction();
  const [targets, setTargets] = useState<Target[]>([]);
  const [chosen, setChosen] = useState('');
  const { run } = asking;
  useEffect(() => {
    void run(async () => setTargets((await api.targets()).agencies));
  }, [run]);
  const own = (agency: Target) => Number(agency.id !== request.agency_id);
  const group = targets.flatMap((agency) => agency.groups).find((each) => each.id === chosen);
  return (
    <Confirm
      open
      title={t('moveTitle', { ticket: request.ticket })}
      onClose={onClose}
      {...(group ? { confirm: t('move'), onConfirm: () => onMove(group.id, of(group.name)) } : {})}
    >
      <p>{t('moveText')}</p>
      <Problem error={asking.error} />
      <Field id="move-to" label={t('queueMoveTo')}>
        <select id="move-to" data-testid="move-to" value={chosen} onChange={(event) => setChosen(event.target.value)}>
          <option value="">{t('choose')}</option>
          {[...targets]
            .sort((a, b) => own(a) - own(b) || a.code.localeCompare(b.code))
            .map((agency) => (
              <optgroup key={agency.id} label={`${agency.code} ${of(agency.name)}`}>
                {agency.groups
                  .filter((each) => each.id !== request.group_id)
                  .map((each) => (
                    <option key={each.id} value={each.id}>
                      {of(each.name)}
                      {each.open ? '' : ` — ${t('moveShut')}`}
                    </option>
                  ))}
              </optgroup>
            ))}
        </select>
      </Field>
    </Confirm>
  );
}
