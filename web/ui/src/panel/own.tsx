import type { Agency } from '../api/types';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { useWidget, Widget } from './Widget';

/** Per agency, open or closed only. */
export function OpenNowWidget() {
  const { t, of } = useTexts();
  const source = useWidget<{ agencies: (Agency & { open: boolean })[] }>('open_now');
  return (
    <Widget name="open_now" source={source}>
      {({ agencies }) => (
        <ul className="stack tight">
          {agencies.map((each) => (
            <li key={each.id} className="line apart">
              <span className="grow">{of(each.name)}</span>
              <span className={`badge state-${each.open ? 'active' : 'shut'}`}>
                <Icon name={each.open ? 'check' : 'offline'} size={16} /> {each.open ? t('pOpen') : t('pShut')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Widget>
  );
}

interface Viewed {
  id: number;
  at_ms: number;
  role: string;
  unit: string;
  purpose: string;
}

export function ViewedWidget() {
  const { t, date, word } = useTexts();
  const source = useWidget<{ viewed: Viewed[] }>('viewed');
  return (
    <Widget name="viewed" source={source}>
      {({ viewed }) => (
        <>
          {viewed.length === 0 ? <p>{t('pViewedNone')}</p> : null}
          <ul>
            {viewed.slice(0, 10).map((each) => (
              <li key={each.id} className="item-row">
                <strong>{[word('role_', each.role), each.unit].filter(Boolean).join(', ')}</strong>
                <br />
                <span className="quiet">{[date(each.at_ms), word('purpose_', each.purpose)].filter(Boolean).join(' · ')}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Widget>
  );
}
