import { useTexts } from '../i18n';
import { Icon } from '../ui/Icon';
import { Empty } from '../ui/parts';
import { replaced, without } from './documents';
import type { Editing } from './editing';
import { NumberField, Section, SelectField } from './parts';
import { ACTIONS, type Action, type Configuration, type GroupDocument, type OverflowRule, WHEN, type When } from './types';

const LIMITED: When[] = ['too_many', 'too_long', 'max_wait'];

/** What may be done when: a request that already waits cannot be refused, one that has not queued cannot leave. */
export function actionsOf(when: When): Action[] {
  return ACTIONS.filter((action) => action !== (when === 'max_wait' ? 'refuse' : 'leave'));
}

/** Where a request goes when the group cannot serve it. */
export function Overflow({
  editing,
  configured,
  groupId,
}: {
  editing: Editing<GroupDocument>;
  configured: Configuration;
  groupId: string | null;
}) {
  const { t, of } = useTexts();
  const { overflow } = editing.mine.rules;
  const put = (next: OverflowRule[]) => editing.set((now) => ({ ...now, rules: { ...now.rules, overflow: next } }));
  const others = configured.groups.filter((group) => !group.retired && group.id !== groupId);
  const unused = WHEN.filter((when) => !overflow.some((rule) => rule.when === when));
  const groupOf = (action: Action, known: string | null) => (action === 'group' ? (known ?? others[0]?.id ?? null) : null);
  const fresh = (when: When): OverflowRule => ({
    when,
    action: when === 'max_wait' ? 'leave' : 'refuse',
    limit: LIMITED.includes(when) ? (when === 'too_many' ? 10 : 900) : null,
    group_id: null,
  });
  return (
    <Section title={t('overflowTitle')} hint={t('overflowHint')} id="overflow">
      {overflow.length === 0 ? <Empty icon="info">{t('overflowNone')}</Empty> : null}
      <ol className="stack">
        {overflow.map((rule, number) => {
          const here = `rules.overflow.${number}`;
          const change = (next: Partial<OverflowRule>) => put(replaced(overflow, number, { ...rule, ...next }));
          return (
            <li key={number} className="ring" data-testid={`overflow-${number}`}>
              <div className="form-grid">
                <SelectField
                  path={`${here}.when`}
                  label={t('overflowWhen')}
                  value={rule.when}
                  options={[rule.when, ...unused].map((when) => [when, t(`when_${when}`)])}
                  onChange={(when) => put(replaced(overflow, number, fresh(when as When)))}
                />
                {LIMITED.includes(rule.when) ? (
                  <NumberField
                    path={`${here}.limit`}
                    label={t(rule.when === 'too_many' ? 'overflowRequests' : 'overflowSeconds')}
                    value={rule.limit}
                    min={1}
                    max={86_400}
                    onChange={(limit) => change({ limit })}
                  />
                ) : null}
                <SelectField
                  path={`${here}.action`}
                  label={t('overflowAction')}
                  value={rule.action}
                  options={actionsOf(rule.when).map((action) => [action, t(`action_${action}`)])}
                  onChange={(action) => change({ action: action as Action, group_id: groupOf(action as Action, rule.group_id) })}
                />
                {rule.action === 'group' ? (
                  <SelectField
                    path={`${here}.group_id`}
                    label={t('overflowGroup')}
                    value={rule.group_id ?? ''}
                    options={others.map((group) => [group.id, of(group.document.name)])}
                    onChange={(group_id) => change({ group_id })}
                  />
                ) : null}
                <div className="row end">
                  <button
                    type="button"
                    className="button quiet"
                    aria-label={t('overflowRemove', { when: t(`when_${rule.when}`) })}
                    onClick={() => put(without(overflow, number))}
                  >
                    <Icon name="remove" /> {t('takeAway')}
                  </button>
                </div>
              </div>
            </li>
          );
        })}
      </ol>
      {unused[0] ? (
        <div>
          <button type="button" className="button" data-testid="overflow-add" onClick={() => unused[0] && put([...overflow, fresh(unused[0])])}>
            <Icon name="add" /> {t('overflowAdd')}
          </button>
        </div>
      ) : null}
    </Section>
  );
}
