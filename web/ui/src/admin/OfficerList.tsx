import { useState } from 'react';

import { live } from '../app';
import { useTexts } from '../i18n';
import { InnerLink } from '../ui/InnerLink';
import { Empty, Field, Indicator } from '../ui/parts';
import { useStore } from '../ui/store';
import { hasDraft } from './editing';
import { DraftBadge, ListHead } from './Lists';
import type { Configuration, OfficerEntry } from './types';

/** Everybody who answers for the agency; a table that is searched. */
export function OfficerList({ configured }: { configured: Configuration }) {
  const { t, of } = useTexts();
  const [text, setText] = useState('');
  const names = new Map(configured.groups.map((group) => [group.id, of(group.document.name)]));
  const wanted = text.trim().toLocaleLowerCase();
  const matches = ({ document }: OfficerEntry) =>
    [document.name, ...Object.keys(document.levels).map((id) => names.get(id) ?? '')].some((each) => each.toLocaleLowerCase().includes(wanted));
  const shown = configured.officers.filter((officer) => officer.active && matches(officer));
  const gone = configured.officers.filter((officer) => !officer.active);
  return (
    <>
      <ListHead title={t('adminOfficers')} hint={t('officersHint')} add={t('officerAdd')} to="/admin/officers/new" testId="officer-add" />
      {hasDraft('officer.new') ? (
        <p className="notice row">
          <DraftBadge /> <InnerLink to="/admin/officers/new">{t('officerDraft')}</InnerLink>
        </p>
      ) : null}
      <div className="card stack">
        <Field id="officer-filter" label={t('officersFind')}>
          <input id="officer-filter" type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        {configured.officers.length === 0 ? (
          <Empty icon="person">{t('officersNoneYet')}</Empty>
        ) : shown.length === 0 ? (
          <Empty icon="search">{t('officersNoneFound')}</Empty>
        ) : (
          <ul className="stack tight">
            {shown.map((officer) => (
              <Row key={officer.id} officer={officer} names={names} />
            ))}
          </ul>
        )}
      </div>
      {gone.length > 0 ? (
        <details className="card">
          <summary>{t('officersGone', { n: gone.length })}</summary>
          <ul className="stack tight">
            {gone.map((officer) => (
              <li key={officer.id}>
                <InnerLink to={`/admin/officers/${officer.id}`}>{officer.document.name}</InnerLink>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

function Row({ officer, names }: { officer: OfficerEntry; names: Map<string, string> }) {
  const { t, word } = useTexts();
  const { officers } = useStore(live.state);
  const card = officers.find((each) => each.id === officer.id);
  const groups = Object.entries(officer.document.levels);
  return (
    <li className="member">
      <div>
        <p className="row">
          <InnerLink to={`/admin/officers/${officer.id}`} testId={`officer-${officer.id}`}>
            {officer.document.name}
          </InnerLink>
          {hasDraft(`officer.${officer.id}`) ? <DraftBadge /> : null}
          {officer.simulated ? <span className="badge">{t('simulated')}</span> : null}
        </p>
        <p className="small quiet">
          {groups.length === 0 ? t('officerNoGroups') : groups.map(([id, level]) => `${names.get(id) ?? id} (${level})`).join(', ')}
        </p>
      </div>
      <p className="row small">
        {officer.document.languages.map((each) => (
          <span key={each} className="badge">
            {each.toUpperCase()}
          </span>
        ))}
        {officer.document.skills.map((each) => (
          <span key={each} className="badge">
            {word('skill_', each)}
          </span>
        ))}
        <Indicator name={card?.indicator ?? 'offline'} reason={card?.reason ?? null} />
      </p>
    </li>
  );
}
