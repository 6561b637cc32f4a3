import { useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import type { Point } from './points';

type Details = Point['details'];
type Part = Pick<Details, 'address' | 'email' | 'phone' | 'hours'>;
type TownPoint = Part & { id: string; as_of: string };

const PARTS = ['address', 'email', 'phone', 'hours'] as const;

/** What the municipality says of this point (VISS), where it differs from the register; taken over one by one, then saved. */
export function Municipal({ point, onTake }: { point: Point; onTake: (part: Partial<Details>) => void }) {
  const { t } = useTexts();
  const [said, setSaid] = useState<TownPoint | null | undefined>(undefined);
  const asking = useAction();
  const ask = () =>
    void asking.run(async () => {
      const answer = await api.read<{ points: TownPoint[] }>(`/api/network/points/municipal?atvk=${point.atvk}`);
      setSaid(answer.points.find((each) => each.id === point.id) ?? null);
    });
  const hours = (each: Details['hours']) => each.map((one) => `${one.weekday}. ${one.opens}–${one.closes}`).join(', ');
  const words = (each: Part, name: (typeof PARTS)[number]) => (name === 'hours' ? hours(each.hours) : each[name]);
  const others = said ? PARTS.filter((name) => words(said, name) && words(said, name) !== words(point.details, name)) : [];
  return (
    <section className="stack tight" aria-label={t('municipal')} data-testid="municipal">
      <div className="row">
        <button type="button" className="button" data-testid="municipal-ask" disabled={asking.busy} onClick={ask}>
          <Icon name="search" /> {t('municipalAsk')}
        </button>
      </div>
      <Problem error={asking.error} />
      <div role="status">
        {said === null ? <p>{t('municipalNone')}</p> : null}
        {said && others.length === 0 ? <p>{t('municipalSame', { day: said.as_of })}</p> : null}
        {said && others.length > 0 ? <p>{t('municipalOther', { day: said.as_of })}</p> : null}
      </div>
      {said && others.length > 0 ? (
        <ul className="stack tight">
          {others.map((name) => (
            <li key={name} className="row apart">
              <span>
                {t(`municipal_${name}`)}: <strong>{words(said, name)}</strong>
              </span>
              <button type="button" className="button" data-testid={`municipal-take-${name}`} aria-label={t('municipalTakeWhat', { what: t(`municipal_${name}`) })} onClick={() => onTake({ [name]: said[name] })}>
                {t('municipalTake')}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
