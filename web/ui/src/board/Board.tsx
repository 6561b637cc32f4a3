import { type ReactNode, useState } from 'react';

import type { Tile } from '../api/types';
import { live } from '../app';
import { useTexts } from '../i18n';
import { useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { InnerLink } from '../ui/InnerLink';
import { Loading, Scroll } from '../ui/parts';
import { useStore } from '../ui/store';
import { RequestsBehind } from '../reports/RequestsBehind';
import { dayOf } from '../reports/types';
import { Checks } from '../workstations/Checks';
import { Limits } from './Limits';
import { limitsOf, type Need, needsOf, type Thresholds } from './needs';
import { QueuePage } from './QueuePage';
import { ByPoint, Trend } from './Trend';

/** The board, or one of its queues. */
export function Board({ path }: { path: string }) {
  const groupId = path.match(/^\/board\/([a-z0-9-]+)$/)?.[1];
  return groupId ? <QueuePage key={groupId} groupId={groupId} /> : <Overview />;
}

/** What needs somebody now, then the numbers with their definitions, then a table per group. No names, no media. */
function Overview() {
  const { t, of, time, duration } = useTexts();
  const { board, groups, officers, agencies, ready } = useStore(live.state);
  const [wall, setWall] = useState(false);
  const [behind, setBehind] = useState<string | null>(null);
  const [limits, setLimits] = useState<Thresholds | null>(null);
  useNow();
  if (!ready || !board) return <Loading />;
  const notAnswering = officers.filter((officer) => officer.reason === 'not_answering').length;
  const needs = [...needsOf(board.groups, notAnswering), ...(limits ? limitsOf(board.groups, limits) : [])];
  return (
    <div className={wall ? 'page stack wallboard' : 'page stack'}>
      <div className="row apart">
        <h1>
          {t('board')}
          {agencies[0] ? `: ${of(agencies[0].name)}` : ''}
        </h1>
        <div className="row">
          <span className="quiet">{t('updated', { time: time(board.at_ms) })}</span>
          <button type="button" className="button" aria-pressed={wall} onClick={() => setWall(!wall)}>
            {wall ? t('wallboardExit') : t('wallboard')}
          </button>
        </div>
      </div>
      <section className="card stack tight" aria-label={t('needsMe')} aria-live="polite">
        <h2>{t('needsMe')}</h2>
        {needs.length === 0 ? (
          <p className="line quiet">
            <Icon name="check" /> {t('needsNobody')}
          </p>
        ) : (
          <ul className="stack tight">
            {needs.map((need) => (
              <li key={keyOf(need)} className="line">
                <Icon name="warning" />{' '}
                {wall || need.kind === 'missed' ? (
                  <NeedText need={need} />
                ) : (
                  <InnerLink to={`/board/${need.group.group_id}`} testId={`need-${need.group.group_id}`}>
                    <NeedText need={need} />
                  </InnerLink>
                )}
              </li>
            ))}
          </ul>
        )}
      </section>
      <Totals tile={board.totals} onBehind={wall ? undefined : setBehind} />
      {behind !== null && !wall ? <RequestsBehind key={behind} from={dayOf(board.at_ms)} to={dayOf(board.at_ms)} group="" pak="" first={behind} /> : null}
      <Trend at={board.at_ms} />
      <section className="card stack" aria-label={t('byGroup')}>
        <h2>{t('byGroup')}</h2>
        <Scroll label={t('byGroup')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('group')}</th>
                {(['waiting', 'longest', 'available', 'in_session', 'wrap_up', 'answered', 'abandoned', 'asa'] as const).map((each) => (
                  <th key={each} scope="col" className="number">
                    {t(`t_${each}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {board.groups.map((tile) => (
                <tr key={tile.group_id} data-testid={`board-row-${tile.group_id}`}>
                  <th scope="row">
                    <InnerLink to={`/board/${tile.group_id}`} testId={`queue-of-${tile.group_id}`}>
                      {of(tile.name)}
                    </InnerLink>
                    {groups.find((each) => each.id === tile.group_id)?.open === false ? (
                      <span className="badge">{t('moveShut')}</span>
                    ) : null}
                  </th>
                  <td className="number">{tile.waiting}</td>
                  <td className="number">{longest(tile, t('none'), duration)}</td>
                  <td className="number">{tile.available}</td>
                  <td className="number">{tile.in_session}</td>
                  <td className="number">{tile.wrap_up}</td>
                  <td className="number">{tile.answered_today}</td>
                  <td className="number">{abandoned(tile)}</td>
                  <td className="number">{tile.asa_s === null ? t('none') : duration(tile.asa_s)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </section>
      <ByPoint at={board.at_ms} />
      {/* its limits are read on the wall, too */}
      <div hidden={wall}>
        <Limits onLimits={setLimits} />
      </div>
      {wall ? null : <Checks />}
    </div>
  );
}

function Totals({ tile, onBehind }: { tile: Tile; onBehind: ((state: string) => void) | undefined }) {
  const { t, duration, lang } = useTexts();
  const share = (value: number | null) =>
    value === null ? t('none') : new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 0 }).format(value);
  const x = tile.sl.x_s;
  return (
    <div className="tiles">
      <Figure id="waiting" name={t('t_waiting')} meaning={t('d_waiting')} value={tile.waiting} onBehind={tile.waiting > 0 && onBehind ? () => onBehind('queued') : undefined} />
      <Figure
        id="longest_wait"
        name={t('t_longest')}
        meaning={t('d_longest')}
        value={longest(tile, t('none'), duration)}
      />
      <Figure id="available" name={t('t_available')} meaning={t('d_available')} value={`${tile.available} / ${tile.signed_in}`} />
      <Figure id="in_session" name={t('t_in_session')} meaning={t('d_in_session')} value={tile.channels === null ? tile.in_session : `${tile.in_session} / ${tile.channels}`} />
      <Figure id="wrap_up" name={t('t_wrap_up')} meaning={t('d_wrap_up')} value={tile.wrap_up} />
      <Figure id="answered" name={t('t_answered')} meaning={t('d_answered')} value={tile.answered_today} onBehind={tile.answered_today > 0 && onBehind ? () => onBehind('answered') : undefined} />
      <Figure
        id="abandoned"
        name={t('t_abandoned')}
        meaning={t('d_abandoned')}
        value={abandoned(tile)}
        onBehind={abandoned(tile) > 0 && onBehind ? () => onBehind('left') : undefined}
        more={t('r_causes', {
          cancelled: tile.abandoned_today.clerk_cancelled,
          left: tile.abandoned_today.citizen_left,
          lost: tile.abandoned_today.workstation_lost,
        })}
      />
      <Figure id="asa" name={t('t_asa')} meaning={t('d_asa')} value={tile.asa_s === null ? t('none') : duration(tile.asa_s)} />
      <Figure id="sl" name={t('t_sl', { x })} meaning={t('d_sl', { x })} value={share(tile.sl.value)} />
      <Figure id="sl2" name={t('t_sl2', { x: tile.sl2.x_s })} meaning={t('d_sl2', { x: tile.sl2.x_s })} value={share(tile.sl2.value)} />
    </div>
  );
}

function Figure({
  id,
  name,
  value,
  meaning,
  more,
  onBehind,
}: {
  id: string;
  name: string;
  value: ReactNode;
  meaning: string;
  more?: string;
  onBehind?: (() => void) | undefined;
}) {
  const { t } = useTexts();
  return (
    <section className="figure" data-testid={`board-tile-${id}`} aria-label={name}>
      <h2 className="small quiet">{name}</h2>
      <span className="value">{value}</span>
      {more ? <span className="small quiet">{more}</span> : null}
      {onBehind ? (
        <button type="button" className="button quiet start" aria-label={`${t('behindShow')}: ${name}`} data-testid={`behind-${id}`} onClick={onBehind}>
          {t('behindShow')}
        </button>
      ) : null}
      <details>
        <summary>{t('whatIs')}</summary>
        <p className="small">{meaning}</p>
      </details>
    </section>
  );
}

function NeedText({ need }: { need: Need }) {
  const { t, of, duration } = useTexts();
  if (need.kind === 'missed') return <>{t('need_missed', { n: need.n })}</>;
  if (need.kind === 'limit') {
    const { group, what } = need;
    return <>{t(`limit_${what}`, { group: of(group.name), value: shown(what, group, duration) })}</>;
  }
  const values = { group: of(need.group.name), time: duration(need.group.longest_wait_s ?? 0) };
  return <>{t(need.kind === 'nobody' ? 'need_nobody' : 'need_wait', values)}</>;
}

const keyOf = (need: Need): string => (need.kind === 'missed' ? 'missed' : `${need.kind === 'limit' ? need.what : ''}${need.group.group_id}`);

function shown(what: keyof Thresholds, group: Tile, duration: (seconds: number) => string): string {
  switch (what) {
    case 'longest_wait_s':
      return duration(group.longest_wait_s ?? 0);
    case 'waiting':
      return String(group.waiting);
    case 'abandon_rate':
      return `${Math.round((group.abandon_rate ?? 0) * 100)} %`;
    case 'service_level':
      return `${Math.round((group.sl.value ?? 0) * 100)} %`;
  }
}

/** Nobody waits: there is no longest wait, not one of zero seconds. */
function longest(tile: Tile, none: string, duration: (seconds: number) => string): string {
  return tile.waiting === 0 || tile.longest_wait_s === null ? none : duration(tile.longest_wait_s);
}

function abandoned(tile: Tile): number {
  const { clerk_cancelled, citizen_left, workstation_lost } = tile.abandoned_today;
  return clerk_cancelled + citizen_left + workstation_lost;
}
