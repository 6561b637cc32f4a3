import { useCallback, useEffect, useState } from 'react';

import type { EnrolledCard } from '../api/devices';
import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { ReturnedRefusal } from '../pages/Refusal';
import { Icon } from '../ui/Icon';
import { Confirm, Empty, Loading, Scroll } from '../ui/parts';
import { Checks } from './Checks';
import { EnrolForm } from './EnrolForm';
import { FreshProblem } from './FreshProblem';
import { placeOf } from './place';

/** The computers at which clients sit at the clerk's points: enrol one, see when it was last there, let it go. */
export function Workstations() {
  const { t } = useTexts();
  const [found, setFound] = useState<EnrolledCard[] | null>(null);
  const { run, error, clear } = useAction();
  const load = useCallback(() => void run(async () => setFound((await api.workstations()).workstations)), [run]);
  useEffect(load, [load]);
  return (
    <div className="page stack">
      <h1>{t('workstations')}</h1>
      <p>{t('workstationsText')}</p>
      <ReturnedRefusal />
      <FreshProblem error={error} onProved={clear} />
      {found === null ? error ? null : <Loading /> : null}
      {found?.length === 0 ? <Empty icon="kiosk">{t('workstationsNone')}</Empty> : null}
      {found && found.length > 0 ? <List found={found} onChanged={load} /> : null}
      <EnrolForm onEnrolled={load} />
      <Checks />
    </div>
  );
}

function List({ found, onChanged }: { found: EnrolledCard[]; onChanged: () => void }) {
  const { t, word, date } = useTexts();
  const [ending, setEnding] = useState<EnrolledCard | null>(null);
  const acting = useAction();
  const seen = (ms: number) => (ms ? date(ms) : '—');
  return (
    <>
      <FreshProblem error={acting.error} onProved={acting.clear} />
      <Scroll label={t('workstations')} card>
        <table data-testid="workstations">
          <thead>
            <tr>
              <th scope="col">{t('kioskCard')}</th>
              <th scope="col">{t('standsAt')}</th>
              <th scope="col">{t('device')}</th>
              <th scope="col">{t('lastSeen')}</th>
              <th scope="col">
                <span className="hidden">{t('letGo')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {found.map((each) => (
              <tr key={each.id} data-testid={`workstation-${each.id}`} data-name={each.name}>
                <th scope="row">
                  <Icon name="kiosk" size={16} /> {each.name}
                </th>
                <td>{placeOf(each)}</td>
                <td>
                  {each.devices.length === 0 ? <span className="quiet">{t('workstationsDemo')}</span> : null}
                  {each.devices.map((device) => (
                    <div key={device.kind}>{word('deviceKind_', device.kind)}</div>
                  ))}
                </td>
                <td>
                  {each.online ? t('online') : each.devices.map((device) => <div key={device.kind}>{seen(device.seen_at_ms)}</div>)}
                </td>
                <td>
                  {each.devices.length > 0 ? (
                    <button type="button" className="button danger" data-testid={`let-go-${each.id}`} onClick={() => setEnding(each)}>
                      {t('letGo')}
                    </button>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Confirm
        open={ending !== null}
        title={t('letGoQuestion', { name: ending?.name ?? '' })}
        confirm={t('letGo')}
        danger
        onClose={() => setEnding(null)}
        onConfirm={() => {
          const id = ending?.id;
          setEnding(null);
          if (id) void acting.run(() => api.revokeWorkstation(id)).then((done) => done && onChanged());
        }}
      >
        <p>{t('letGoText')}</p>
      </Confirm>
    </>
  );
}
