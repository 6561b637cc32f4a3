import { live } from '../app';
import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { InnerLink } from '../ui/InnerLink';
import { Empty } from '../ui/parts';
import { useStore } from '../ui/store';
import { hasDraft } from './editing';
import { DraftBadge, ListHead } from './Lists';
import type { Configuration, GroupEntry } from './types';

/** Every group of the agency, with what is going on in it now. */
export function GroupList({ configured }: { configured: Configuration }) {
  const { t, of } = useTexts();
  const running = configured.groups.filter((group) => !group.retired);
  const retired = configured.groups.filter((group) => group.retired);
  return (
    <>
      <ListHead title={t('adminGroups')} hint={t('groupsHint')} add={t('groupAdd')} to="/admin/groups/new" testId="group-add" />
      {hasDraft('group.new') ? (
        <p className="notice row">
          <DraftBadge /> <InnerLink to="/admin/groups/new">{t('groupDraft')}</InnerLink>
        </p>
      ) : null}
      {running.length === 0 ? (
        <div className="card">
          <Empty icon="settings">{t('groupsNone')}</Empty>
        </div>
      ) : (
        <ul className="cards" data-testid="groups">
          {running.map((group) => (
            <GroupCard key={group.id} group={group} />
          ))}
        </ul>
      )}
      {retired.length > 0 ? (
        <details className="card">
          <summary>{t('groupsRetired', { n: retired.length })}</summary>
          <ul className="stack tight">
            {retired.map((group) => (
              <li key={group.id}>
                <InnerLink to={`/admin/groups/${group.id}`} testId={`group-${group.id}`}>
                  {of(group.document.name)}
                </InnerLink>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

function GroupCard({ group }: { group: GroupEntry }) {
  const { t, of, word } = useTexts();
  const { groups } = useStore(live.state);
  const now = groups.find((each) => each.id === group.id);
  const members = Object.keys(group.document.levels).length;
  return (
    <li className="card stack tight">
      <div className="row apart">
        <h2>
          <InnerLink to={`/admin/groups/${group.id}`} testId={`group-${group.id}`}>
            {of(group.document.name)}
          </InnerLink>
        </h2>
        {hasDraft(`group.${group.id}`) ? <DraftBadge /> : null}
      </div>
      <p className="row small">
        <span className={group.document.open ? 'indicator indicator-available' : 'indicator'}>
          <Icon name={group.document.open ? 'check' : 'offline'} size={16} />
          {t(group.document.open ? 'groupOpen' : 'groupShut')}
        </span>
        {members === 0 ? (
          <span className="indicator indicator-away">
            <Icon name="warning" size={16} /> {t('members', { n: 0 })}
          </span>
        ) : (
          <span>{t('members', { n: members })}</span>
        )}
        {now ? <span>{t('groupWaiting', { n: now.waiting })}</span> : null}
        {now ? <span>{t('groupAvailable', { n: now.available })}</span> : null}
      </p>
      <p className="row">
        {group.document.paks.map((pak) => (
          <span key={pak} className="badge" title={word('', pak)}>
            {pak}
          </span>
        ))}
      </p>
    </li>
  );
}
