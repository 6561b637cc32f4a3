import { useEffect } from 'react';

import type { ApiError } from '../api/client';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { KioskBar } from './Kiosk';
import { whenServed } from './wipe';

/** Something else than the line: whoever looks after the service is not helped by being asked often. */
const SELDOM_MS = 15_000;

/** The workstation was switched on without a line, or the service is not well: it says so, and begins by itself. */
export function NoLine({ problem }: { problem: ApiError }) {
  const { t } = useTexts();
  const offline = problem.status === 0;
  useEffect(() => {
    let over = false;
    // anew, not on: what was kept of the page may be older than what is served now
    void whenServed(() => over, offline ? undefined : SELDOM_MS).then((served) => served && location.replace('/kiosk'));
    return () => {
      over = true;
    };
  }, [offline]);
  return (
    <div className="kiosk">
      <KioskBar />
      <main id="content" aria-label={t('app')} data-testid="kiosk-no-line">
        <h1>
          <Icon name="warning" size={40} /> {t(offline ? 'kioskNoLine' : 'kioskNoService')}
        </h1>
        <p role="status">{t('kioskNoLineText')}</p>
        {offline ? <p className="notice">{t('kioskNoLineHelp')}</p> : <Problem error={problem} />}
      </main>
    </div>
  );
}
