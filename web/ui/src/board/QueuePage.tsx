import { useEffect, useRef, useState } from 'react';

import type { QueuedView } from '../api/types';
import { api, live } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { InnerLink } from '../ui/InnerLink';
import { Confirm, Empty, Loading, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { GroupOfficers } from './GroupOfficers';
import { behind, queueOf } from './queue';
import { QueuedRequest } from './QueuedRequest';

/** Something that was done, and how to take it back while it can be. */
export interface Deed {
  text: string;
  undo?: () => Promise<unknown>;
}

/** One queue: who waits, what happens next and why, and the supervisor's hand on it. */
export function QueuePage({ groupId }: { groupId: string }) {
  const { t, of } = useTexts();
  const { groups, officers, queue, ready } = useStore(live.state);
  const [deed, setDeed] = useState<Deed | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const group = groups.find((each) => each.id === groupId);
  const known = group !== undefined;
  useEffect(() => {
    if (known) heading.current?.focus();
  }, [known]);
  if (!ready) return <Loading />;
  const back = (
    <InnerLink to="/board" className="line" testId="queue-back">
      <Icon name="back" size={16} /> {t('queueBack')}
    </InnerLink>
  );
  if (!group) {
    return (
      <div className="page stack">
        {back}
        <Empty icon="info">{t('notFoundTitle')}</Empty>
      </div>
    );
  }
  const waiting: QueuedView[] = queueOf(queue, groupId);
  const more = behind(group, waiting);
  const done = (made: Deed) => {
    announce(made.text);
    setDeed(made);
  };
  return (
    <div className="page stack queue-page">
      {back}
      <div className="row apart">
        <h1 tabIndex={-1} ref={heading}>
          {t('queueOf', { group: of(group.name) })}
        </h1>
        <Gate groupId={groupId} name={of(group.name)} open={group.open} />
      </div>
      {deed ? <Done deed={deed} onUndone={() => done({ text: t('did_undone') })} /> : null}
      <div className="queue-columns">
        <section className="card stack" aria-label={t('queue')}>
          <h2>{t('queue')}</h2>
          {waiting.length === 0 ? <Empty icon="check">{t('queueEmpty')}</Empty> : null}
          <ol data-testid="queue">
            {waiting.map((request) => (
              <QueuedRequest key={request.id} request={request} onDone={done} />
            ))}
          </ol>
          {more > 0 ? <p className="quiet">{t('queueMore', { n: more })}</p> : null}
        </section>
        <GroupOfficers
          officers={officers.filter((each) => each.groups.some((one) => one.id === groupId))}
          onDone={done}
        />
      </div>
    </div>
  );
}

function Gate({ groupId, name, open }: { groupId: string; name: string; open: boolean }) {
  const { t } = useTexts();
  const [asking, setAsking] = useState(false);
  const acting = useAction();
  return (
    <div className="row">
      <span className="line" data-testid="queue-state" data-open={open}>
        <Icon name={open ? 'check' : 'offline'} /> {open ? t('queueOpen') : t('queueShut')}
      </span>
      <button
        type="button"
        className={open ? 'button danger' : 'button primary'}
        data-testid="queue-gate"
        disabled={acting.busy}
        onClick={() => setAsking(true)}
      >
        {open ? t('queueClose') : t('queueReopen')}
      </button>
      <Problem error={acting.error} />
      <Confirm
        open={asking}
        title={open ? t('queueCloseAsk', { group: name }) : t('queueReopenAsk', { group: name })}
        confirm={open ? t('queueClose') : t('queueReopen')}
        danger={open}
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          void acting.run(async () => {
            const changed = await api.setOpen(groupId, !open);
            live.state.update((state) => ({
              ...state,
              groups: state.groups.map((each) => (each.id === groupId ? changed : each)),
            }));
            announce(open ? t('queueShut') : t('queueOpen'));
          });
        }}
      >
        <p>{open ? t('queueCloseText') : t('queueReopenText')}</p>
      </Confirm>
    </div>
  );
}

function Done({ deed, onUndone }: { deed: Deed; onUndone: () => void }) {
  const { t } = useTexts();
  const undoing = useAction();
  const { undo } = deed;
  return (
    <div className="notice stack tight" data-testid="deed">
      <div className="row apart">
        <span className="line">
          <Icon name="check" /> <span>{deed.text}</span>
        </span>
        {undo ? (
          <button
            type="button"
            className="button"
            data-testid="undo"
            disabled={undoing.busy}
            onClick={() => void undoing.run(undo).then((was) => was && onUndone())}
          >
            {t('undo')}
          </button>
        ) : null}
      </div>
      <Problem error={undoing.error} />
    </div>
  );
}
