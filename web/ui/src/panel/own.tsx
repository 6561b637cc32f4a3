import type { Agency } from '../api/types';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { useWidget, Widget } from './Widget';

export function MeWidget() {
  const { t, date } = useTexts();
  const source = useWidget<{ code: string; as_of_ms: number; source: string }>('me');
  return (
    <Widget name="me" source={source}>
      {(me) => (
        <div>
          <p>
            {t('pCode')}: <strong>{me.code}</strong>
          </p>
          <p className="hint">{t('pAsOf', { date: date(me.as_of_ms), source: me.source })}</p>
        </div>
      )}
    </Widget>
  );
}

interface Consultation {
  id: string;
  started_ms: number;
  group_name: string;
  point_name: string;
  outcome: string | null;
}

export function ConsultationsWidget() {
  const { t, date, word } = useTexts();
  const source = useWidget<{ consultations: Consultation[] }>('consultations');
  return (
    <Widget name="consultations" source={source}>
      {({ consultations }) => (
        <>
          {consultations.length === 0 ? <p>{t('pConsultationsNone')}</p> : null}
          <ul>
            {consultations.map((each) => (
              <li key={each.id} className="item-row">
                <strong>{each.group_name}</strong> <span className="quiet">{date(each.started_ms)}</span>
                <br />
                <span className="quiet">{[each.point_name, each.outcome ? word('outcome_', each.outcome) : ''].filter(Boolean).join(' · ')}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Widget>
  );
}

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
