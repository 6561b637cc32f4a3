import { useState } from 'react';

import type { QueuedView } from '../api/types';
import { api } from '../app';
import { Why } from '../explain/Why';
import { type Key, useTexts } from '../i18n';
import { useAction, useNow } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/parts';
import { AssignDialog } from './AssignDialog';
import { MoveDialog } from './MoveDialog';
import { raised } from './queue';
import type { Deed } from './QueuePage';

/** One who waits: a ticket and a topic, never a client. */
export function QueuedRequest({ request, onDone }: { request: QueuedView; onDone: (deed: Deed) => void }) {
  const { t, of, word, duration } = useTexts();
  const now = useNow();
  const acting = useAction();
  const [dialog, setDialog] = useState<'move' | 'assign' | null>(null);
  const { id, ticket, next, priority } = request;
  const higher = raised(priority);
  const left = next.until_ms ? Math.max(0, Math.ceil((next.until_ms - now) / 1000)) : null;

  const prioritise = (to: QueuedView['priority']) =>
    acting.run(async () => {
      await api.prioritise(id, to);
      onDone({
        text: t('did_priority', { ticket, priority: word('priority_', to) }),
        undo: () => api.prioritise(id, priority),
      });
    });
  const move = (groupId: string, name: string) => {
    setDialog(null);
    const from = { group: request.group_id, agency: request.agency_id };
    void acting.run(async () => {
      const moved = await api.move(id, groupId);
      const text = t('did_moved', { ticket, group: name });
      // what is at another agency now is no longer ours to bring back
      onDone(moved.agency_id === from.agency ? { text, undo: () => api.move(id, from.group) } : { text });
    });
  };
  const assign = (officerId: string, officer: string) => {
    setDialog(null);
    void acting.run(async () => {
      await api.assign(id, officerId);
      onDone({ text: t('did_assigned', { ticket, officer }) });
    });
  };
  return (
    <li className="request" data-testid={`queued-${id}`} data-state={request.state} data-priority={priority}>
      <div className="row apart">
        <span>
          <span className="ticket">{ticket}</span>
          {request.position ? <span className="quiet"> {t('queuePlace', { n: request.position })}</span> : null}
        </span>
        <span className="line">
          <Icon name="away" size={16} /> {t('waited', { time: duration((now - request.created_at_ms) / 1000) })}
        </span>
      </div>
      <div className="row quiet">
        <span>{of(request.topic)}</span>
        <span>{word('lang_', request.language)}</span>
        {priority === 'normal' ? null : (
          <strong>{t('withPriority', { priority: word('priority_', priority) })}</strong>
        )}
        {request.skills.includes('sign') ? <span>{t('withSkill')}</span> : null}
        {request.level > 0 ? <span>{t('withLevel', { n: request.level })}</span> : null}
        <span>{t('queueFrom', { place: request.point_name })}</span>
      </div>
      <div className="line">
        <Icon name={next.code === 'ringing' ? 'ringing' : 'info'} />
        <strong>
          {t(`next_${next.code}` as Key, { name: next.officer_name ?? '' })} {left === null ? '' : `(${duration(left)})`}
        </strong>
      </div>
      <Why
        ask={() => api.explainQueued(id)}
        id={id}
        now={`${next.code} ${next.until_ms ?? ''} ${request.position ?? ''} ${request.group_id}`}
      />
      <Problem error={acting.error} />
      <div className="row" role="group" aria-label={ticket}>
        <button
          type="button"
          className="button"
          data-testid={`move-${id}`}
          disabled={acting.busy}
          onClick={() => setDialog('move')}
        >
          {t('move')}
        </button>
        {higher ? (
          <button
            type="button"
            className="button"
            data-testid={`raise-${id}`}
            disabled={acting.busy}
            onClick={() => void prioritise(higher)}
          >
            <Icon name="up" /> {higher === 'urgent' ? t('raiseUrgent') : t('raise')}
          </button>
        ) : null}
        <button
          type="button"
          className="button"
          data-testid={`assign-${id}`}
          disabled={acting.busy || next.code === 'visit'}
          onClick={() => setDialog('assign')}
        >
          <Icon name="person" /> {t('assign')}
        </button>
      </div>
      {dialog === 'move' ? <MoveDialog request={request} onMove={move} onClose={() => setDialog(null)} /> : null}
      {dialog === 'assign' ? <AssignDialog request={request} onAssign={assign} onClose={() => setDialog(null)} /> : null}
    </li>
  );
}
