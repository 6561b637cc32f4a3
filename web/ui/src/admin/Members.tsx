import { useState } from 'react';

import { live } from '../app';
import { useTexts } from '../i18n';
import { InnerLink } from '../ui/InnerLink';
import { Empty, Field, Indicator } from '../ui/parts';
import { useStore } from '../ui/store';
import { levelled } from './documents';
import type { Editing } from './editing';
import { LevelSelect, Section } from './parts';
import type { Configuration, GroupDocument } from './types';

/** From so many on, a list wants to be searched. */
const MANY = 8;

/** Who is in the group, at which level. */
export function Members({
  editing,
  configured,
  groupId,
}: {
  editing: Editing<GroupDocument>;
  configured: Configuration;
  groupId: string | null;
}) {
  const { t, word } = useTexts();
  const { officers: cards } = useStore(live.state);
  const [text, setText] = useState('');
  const { levels } = editing.mine;
  const officers = configured.officers.filter((officer) => officer.active);
  const wanted = text.trim().toLocaleLowerCase();
  const shown = officers
    .filter((officer) => officer.document.name.toLocaleLowerCase().includes(wanted))
    .sort((one, other) => Number(other.id in editing.base.levels) - Number(one.id in editing.base.levels));
  return (
    <Section title={t('membersTitle')} hint={t('membersHint')} id="members">
      {officers.length === 0 ? (
        <Empty icon="person">
          {t('membersNone')} <InnerLink to="/admin/officers/new">{t('officerAdd')}</InnerLink>
        </Empty>
      ) : null}
      {officers.length > MANY ? (
        <Field id="member-search" label={t('membersSearch')}>
          <input id="member-search" type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
      ) : null}
      <ul className="stack tight">
        {shown.map((officer) => {
          const card = cards.find((each) => each.id === officer.id);
          return (
            <li key={officer.id} className="member" data-member={officer.id in levels}>
              <div>
                <strong>{officer.document.name}</strong>
                <p className="row small">
                  <Indicator name={card?.indicator ?? 'offline'} reason={card?.reason ?? null} />
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
                  {officer.simulated ? <span className="badge">{t('simulated')}</span> : null}
                </p>
              </div>
              <LevelSelect
                path={`levels.${officer.id}`}
                testId={`level-${officer.id}`}
                label={t('levelOf', { name: officer.document.name })}
                value={levels[officer.id] ?? 0}
                onChange={(level) => editing.set((now) => ({ ...now, levels: levelled(now.levels, officer.id, level) }))}
              />
            </li>
          );
        })}
      </ul>
      <p className="quiet small" role="status">
        {t('members', { n: Object.keys(levels).length })}
        {groupId === null ? ` ${t('membersLater')}` : ''}
      </p>
    </Section>
  );
}
