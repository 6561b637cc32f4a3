import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { InnerLink } from '../ui/InnerLink';
import { Empty } from '../ui/parts';
import { go } from '../ui/route';
import { CalendarEditor, OwnCalendar } from './CalendarEditor';
import { NEW_GROUP, PAKS, toggled } from './documents';
import { dropDraft, type Editing, useEditing } from './editing';
import { Members } from './Members';
import { Overflow } from './Overflow';
import { Checks, NumberField, ProblemsOf, Section, TextField, Toggle, Wrong } from './parts';
import { Rings } from './Rings';
import { PreviewDialog, SaveBar, Trouble } from './SaveBar';
import { Appointments } from './Appointments';
import { type Configuration, type GroupDocument, type GroupEntry, type GroupRules, POLICIES } from './types';
import { useSave } from './useSave';

export function GroupPage({ id, configured }: { id: string | null; configured: Configuration }) {
  const { t } = useTexts();
  const entry = configured.groups.find((each) => each.id === id);
  if (id !== null && !entry) return <Empty icon="search">{t('groupGone')}</Empty>;
  if (entry?.retired) return <Retired group={entry} />;
  return <Editor entry={entry ?? null} configured={configured} />;
}

function Editor({ entry, configured }: { entry: GroupEntry | null; configured: Configuration }) {
  const { t, of } = useTexts();
  const name = `group.${entry?.id ?? 'new'}`;
  const editing = useEditing<GroupDocument>(name, entry ?? { document: NEW_GROUP, etag: null });
  const saving = useSave((made) => {
    dropDraft(name);
    if (!entry) go(`/admin/groups/${made.id}`, { replace: true, force: true });
  });
  const { mine, set } = editing;
  const rules = (change: Partial<GroupRules>) => set((now) => ({ ...now, rules: { ...now.rules, ...change } }));
  return (
    <ProblemsOf value={saving.problems}>
      <div>
        <InnerLink to="/admin">‹ {t('adminGroups')}</InnerLink>
        <h1>{entry ? of(entry.document.name) : t('groupNew')}</h1>
      </div>
      <Trouble editing={editing} saving={saving} />
      <Section title={t('field_name')} hint={t('groupNameHint')}>
        <div className="form-grid">
          <TextField
            path="name.lv"
            lang="lv"
            label={t('nameLv')}
            value={mine.name.lv}
            onChange={(lv) => set((now) => ({ ...now, name: { ...now.name, lv } }))}
          />
          <TextField
            path="name.en"
            lang="en"
            label={t('nameEn')}
            value={mine.name.en}
            onChange={(en) => set((now) => ({ ...now, name: { ...now.name, en } }))}
          />
        </div>
        <Paks editing={editing} />
        <Toggle
          id="group-open"
          label={t('groupTakes')}
          hint={t('groupTakesHint')}
          checked={mine.open}
          onChange={(open) => set((now) => ({ ...now, open }))}
        />
      </Section>
      <Members editing={editing} configured={configured} groupId={entry?.id ?? null} />
      <Section title={t('choiceTitle')}>
        <fieldset className="stack tight">
          <legend>{t('field_policy')}</legend>
          {POLICIES.map((policy) => (
            <label key={policy} className="check">
              <input type="radio" name="policy" checked={mine.policy === policy} onChange={() => set((now) => ({ ...now, policy }))} />
              <span>
                {t(`policy_${policy}`)}
                <span className="hint">{t(`policyHint_${policy}`)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="form-grid">
          <NumberField
            path="offer_timeout_s"
            label={t('offerTimeout')}
            hint={t('asInstalled', { n: configured.defaults.offer_timeout_s })}
            value={mine.offer_timeout_s}
            min={5}
            max={300}
            onChange={(offer_timeout_s) => set((now) => ({ ...now, offer_timeout_s }))}
          />
          <NumberField
            path="wrap_up_s"
            label={t('wrapUpTime')}
            hint={t('asInstalled', { n: configured.defaults.wrap_up_s })}
            value={mine.wrap_up_s}
            min={0}
            max={3600}
            onChange={(wrap_up_s) => set((now) => ({ ...now, wrap_up_s }))}
          />
          <NumberField
            path="rules.preferred_hold_s"
            label={t('preferredHold')}
            hint={t('preferredHoldHint')}
            value={mine.rules.preferred_hold_s}
            min={0}
            max={600}
            onChange={(value) => rules({ preferred_hold_s: value ?? 0 })}
          />
          <NumberField
            path="rules.channels"
            label={t('channels')}
            hint={t('channelsHint')}
            value={mine.rules.channels}
            min={1}
            max={500}
            onChange={(channels) => rules({ channels })}
          />
        </div>
        <Toggle
          label={t('callbacks')}
          hint={t('callbacksHint')}
          checked={mine.rules.callbacks}
          onChange={(callbacks) => rules({ callbacks })}
        />
      </Section>
      <Rings editing={editing} configured={configured} groupId={entry?.id ?? null} />
      <Overflow editing={editing} configured={configured} groupId={entry?.id ?? null} />
      <Section title={t('hoursTitle')} hint={t('hoursHint')} id="group-hours">
        <OwnCalendar
          own={t('hoursOwn')}
          none={t('hoursAsAgency')}
          calendar={mine.rules.calendar}
          onChange={(calendar) => rules({ calendar })}
        />
        {mine.rules.calendar ? (
          <CalendarEditor path="rules.calendar" calendar={mine.rules.calendar} onChange={(calendar) => rules({ calendar })} />
        ) : null}
      </Section>
      <Appointments slots={mine.rules.slots} onChange={(slots) => rules({ slots })} />
      {entry ? <Retire group={entry} dirty={editing.changed.length > 0} /> : null}
      <SaveBar
        editing={editing}
        saving={saving}
        onReview={() => saving.review({ kind: 'group', id: entry?.id ?? null, etag: editing.etag, document: mine })}
      />
    </ProblemsOf>
  );
}

function Paks({ editing }: { editing: Editing<GroupDocument> }) {
  const { t, word } = useTexts();
  return (
    <Checks
      path="paks"
      legend={t('field_paks')}
      options={PAKS.map((pak) => [pak, word('', pak)])}
      chosen={editing.mine.paks}
      onToggle={(pak, on) => editing.set((now) => ({ ...now, paks: toggled(now.paks, pak, on).sort() }))}
    />
  );
}

/** Out of every list, kept for what it did: possible once it is closed, empty and nothing leads to it. */
function Retire({ group, dirty }: { group: GroupEntry; dirty: boolean }) {
  const { t } = useTexts();
  const saving = useSave(() => go('/admin', { force: true }));
  return (
    <Section title={t('retireTitle')} hint={t('retireText')}>
      <ProblemsOf value={saving.problems}>
        {['open', 'id', 'rules', 'rules.overflow'].map((path) => (
          <Wrong key={path} path={path} />
        ))}
      </ProblemsOf>
      <div>
        <button
          type="button"
          className="button danger"
          data-testid="retire"
          disabled={dirty || saving.checking.busy}
          onClick={() => saving.review({ kind: 'group_retire', id: group.id, etag: group.etag, retire: true })}
        >
          <Icon name="remove" /> {t('retire')}
        </button>
      </div>
      <PreviewDialog saving={saving} title={t('retireTitle')} confirm={t('retire')} />
    </Section>
  );
}

function Retired({ group }: { group: GroupEntry }) {
  const { t, of } = useTexts();
  const saving = useSave(() => undefined);
  return (
    <>
      <div>
        <InnerLink to="/admin">‹ {t('adminGroups')}</InnerLink>
        <h1>{of(group.document.name)}</h1>
      </div>
      <Section title={t('retiredTitle')} hint={t('retiredText')}>
        <div>
          <button
            type="button"
            className="button"
            data-testid="restore"
            onClick={() => saving.review({ kind: 'group_retire', id: group.id, etag: group.etag, retire: false })}
          >
            {t('restore')}
          </button>
        </div>
        <PreviewDialog saving={saving} title={t('restore')} confirm={t('restore')} />
      </Section>
    </>
  );
}
