import type { CaseRow } from '../api/types';
import { useTexts } from '../i18n';

/** Who had a part in it, from when to when and with what result; what was taught; what was lent of the workstation. */
export function Parts({ row }: { row: CaseRow }) {
  const { t, time, word } = useTexts();
  const { officials, training, lent, via } = row;
  if (officials.length < 2 && !training && lent.length === 0 && via !== 'link') return null;
  return (
    <details className="small" data-testid={`case-parts-${row.id}`}>
      <summary>{training ? t('partsTraining') : officials.length > 1 ? t('partsMore', { n: officials.length }) : t('parts')}</summary>
      <ul className="stack tight">
        {officials.map((each) => (
          <li key={`${each.name} ${each.from_ms}`}>
            <strong>{each.name}</strong> ({each.agency_name}) · {t(`part_${each.kind}`)} · {time(each.from_ms)}–{time(each.to_ms)}
            {each.outcome ? ` · ${word('outcome_', each.outcome)}` : ''}
          </li>
        ))}
        {training ? <li>{t(training.alone ? 'partsAlone' : 'partsNotAlone', { service: training.service })}</li> : null}
        {lent.map((each) => (
          <li key={each.from_ms}>
            {t(`partsLent_${each.level}`, { name: each.name })}, {time(each.from_ms)}–{time(each.to_ms)}
          </li>
        ))}
        {via === 'link' ? <li>{t('partsHome')}</li> : null}
      </ul>
    </details>
  );
}
