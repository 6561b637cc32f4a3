import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { InnerLink } from '../ui/InnerLink';
import { Empty } from '../ui/parts';
import { go } from '../ui/route';
import { LANGUAGES, levelled, NEW_OFFICER, toggled } from './documents';
import { dropDraft, useEditing } from './editing';
import { Checks, LevelSelect, ProblemsOf, Section, SelectField, TextField, Toggle, Wrong } from './parts';
import { PreviewDialog, SaveBar, Trouble } from './SaveBar';
import type { Configuration, OfficerDocument, OfficerEntry } from './types';
import { useSave } from './useSave';

export function OfficerPage({ id, configured }: { id: string | null; configured: Configuration }) {
  const { t } = useTexts();
  const entry = configured.officers.find((each) => each.id === id);
  if (id !== null && !entry) return <Empty icon="search">{t('officerGone')}</Empty>;
  if (entry && !entry.active) return <Inactive officer={entry} />;
  return <Editor entry={entry ?? null} configured={configured} />;
}

function Editor({ entry, configured }: { entry: OfficerEntry | null; configured: Configuration }) {
  const { t, of, lang } = useTexts();
  const name = `officer.${entry?.id ?? 'new'}`;
  const editing = useEditing<OfficerDocument>(name, entry ?? { document: NEW_OFFICER, etag: null });
  const saving = useSave((made) => {
    dropDraft(name);
    if (!entry) go(`/admin/officers/${made.id}`, { replace: true, force: true });
  });
  const { mine, set } = editing;
  const languageName = new Intl.DisplayNames([lang], { type: 'language' });
  const languages = [...new Set([...LANGUAGES, ...mine.languages])];
  return (
    <ProblemsOf value={saving.problems}>
      <div>
        <InnerLink to="/admin/officers">‹ {t('adminOfficers')}</InnerLink>
        <h1>{entry ? entry.document.name : t('officerNew')}</h1>
        {entry?.account ? <p className="quiet">{t('accountOf', { account: entry.account })}</p> : null}
      </div>
      <Trouble editing={editing} saving={saving} />
      <Section title={t('officerTitle')}>
        <TextField
          path="name"
          label={t('officerName')}
          hint={t('officerNameHint')}
          value={mine.name}
          onChange={(text) => set((now) => ({ ...now, name: text }))}
        />
        <Checks
          path="languages"
          legend={t('field_languages')}
          options={languages.map((each) => [each, languageName.of(each) ?? each])}
          chosen={mine.languages}
          onToggle={(each, on) => set((now) => ({ ...now, languages: toggled(now.languages, each, on) }))}
        />
        <Toggle
          id="skill-sign"
          label={t('skill_sign')}
          hint={t('skillSignHint')}
          checked={mine.skills.includes('sign')}
          onChange={(on) => set((now) => ({ ...now, skills: toggled(now.skills, 'sign', on) }))}
        />
        <Wrong path="skills" />
        <SelectField
          path="capacity"
          label={t('field_capacity')}
          hint={t('capacityHint')}
          value={String(mine.capacity)}
          options={[1, 2, 3, 4, 5].map((each) => [String(each), t('capacity', { n: each })])}
          onChange={(value) => set((now) => ({ ...now, capacity: Number(value) }))}
        />
      </Section>
      <Section title={t('officerGroups')} hint={t('officerGroupsHint')}>
        {configured.groups.every((group) => group.retired) ? (
          <Empty icon="settings">
            {t('groupsNone')} <InnerLink to="/admin/groups/new">{t('groupAdd')}</InnerLink>
          </Empty>
        ) : null}
        <ul className="stack tight">
          {configured.groups
            .filter((group) => !group.retired)
            .map((group) => (
              <li key={group.id} className="member" data-member={group.id in mine.levels}>
                <strong>{of(group.document.name)}</strong>
                <LevelSelect
                  path={`levels.${group.id}`}
                  testId={`level-${group.id}`}
                  label={t('levelOf', { name: of(group.document.name) })}
                  value={mine.levels[group.id] ?? 0}
                  onChange={(level) => set((now) => ({ ...now, levels: levelled(now.levels, group.id, level) }))}
                />
              </li>
            ))}
        </ul>
      </Section>
      {entry ? <Leave officer={entry} dirty={editing.changed.length > 0} /> : null}
      <SaveBar
        editing={editing}
        saving={saving}
        onReview={() => saving.review({ kind: 'officer', id: entry?.id ?? null, etag: editing.etag, document: mine })}
      />
    </ProblemsOf>
  );
}

/** The officer does not work here any more. */
function Leave({ officer, dirty }: { officer: OfficerEntry; dirty: boolean }) {
  const { t } = useTexts();
  const saving = useSave(() => go('/admin/officers', { force: true }));
  return (
    <Section title={t('deactivateTitle')} hint={t('deactivateText')}>
      <ProblemsOf value={saving.problems}>
        <Wrong path="id" />
      </ProblemsOf>
      <div>
        <button
          type="button"
          className="button danger"
          data-testid="deactivate"
          disabled={dirty || saving.checking.busy}
          onClick={() => saving.review({ kind: 'officer_active', id: officer.id, etag: officer.etag, active: false })}
        >
          <Icon name="remove" /> {t('deactivate')}
        </button>
      </div>
      <PreviewDialog saving={saving} title={t('deactivateTitle')} confirm={t('deactivate')} />
    </Section>
  );
}

function Inactive({ officer }: { officer: OfficerEntry }) {
  const { t } = useTexts();
  const saving = useSave(() => undefined);
  return (
    <>
      <div>
        <InnerLink to="/admin/officers">‹ {t('adminOfficers')}</InnerLink>
        <h1>{officer.document.name}</h1>
      </div>
      <Section title={t('inactiveTitle')} hint={t('inactiveText')}>
        <div>
          <button
            type="button"
            className="button"
            data-testid="activate"
            onClick={() => saving.review({ kind: 'officer_active', id: officer.id, etag: officer.etag, active: true })}
          >
            {t('activate')}
          </button>
        </div>
        <PreviewDialog saving={saving} title={t('activate')} confirm={t('activate')} />
      </Section>
    </>
  );
}
