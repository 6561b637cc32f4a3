import { useState } from 'react';
import { Button, Dialog, GridList, GridListItem, Heading, I18nProvider, Modal, ModalOverlay, useDragAndDrop } from 'react-aria-components';

import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { Icon } from '../ui/Icon';
import { Empty } from '../ui/parts';
import { LANGUAGES, moved, PAKS, replaced, without } from './documents';
import { dropDraft, useEditing } from './editing';
import { ProblemsOf, Section, SelectField, TextField, Wrong } from './parts';
import { SaveBar, Trouble } from './SaveBar';
import type { Configuration, RuleDocument } from './types';
import { useSave } from './useSave';

/** Which group serves a request that names only the agency: the first rule that matches. */
export function RulesPage({ configured }: { configured: Configuration }) {
  const { t } = useTexts();
  const editing = useEditing<RuleDocument[]>('rules', configured.rules);
  const saving = useSave(() => dropDraft('rules'));
  const [open, setOpen] = useState<number | null>(null);
  const { mine, set } = editing;
  const groups = configured.groups.filter((group) => !group.retired);
  const move = (from: number, to: number) => {
    if (to < 0 || to >= mine.length) return;
    set((now) => moved(now, from, to));
    announce(t('ruleMoved', { place: to + 1 }));
  };
  return (
    <ProblemsOf value={saving.problems}>
      <div className="row apart">
        <div>
          <h1>{t('adminRules')}</h1>
          <p className="hint">{t('rulesHint')}</p>
        </div>
        <button
          type="button"
          className="button primary"
          data-testid="rule-add"
          disabled={groups.length === 0}
          onClick={() => {
            set((now) => [...now, { group_id: groups[0]?.id ?? '', pak: null, service: null, language: null }]);
            setOpen(mine.length);
          }}
        >
          <Icon name="add" /> {t('ruleAdd')}
        </button>
      </div>
      <Trouble editing={editing} saving={saving} />
      <Section title={t('rulesOrder')} hint={t('rulesOrderHint')}>
        <Wrong path="rank" />
        {mine.length === 0 ? (
          <Empty icon="info">{t('rulesNone')}</Empty>
        ) : (
          <Rules rules={mine} configured={configured} open={open} onMove={move} onOpen={setOpen} onRemove={(at) => set((now) => without(now, at))} />
        )}
      </Section>
      <RuleDialog
        rule={open === null ? null : (mine[open] ?? null)}
        number={open ?? 0}
        configured={configured}
        onChange={(rule) => open !== null && set((now) => replaced(now, open, rule))}
        onClose={() => setOpen(null)}
      />
      <SaveBar editing={editing} saving={saving} onReview={() => saving.review({ kind: 'rules', etag: editing.etag ?? '', document: mine })} />
    </ProblemsOf>
  );
}

/** Ordered by dragging, by the keyboard (the handle, Enter, arrows, Enter) or by two plain buttons. */
function Rules({
  rules,
  configured,
  open,
  onMove,
  onOpen,
  onRemove,
}: {
  rules: RuleDocument[];
  configured: Configuration;
  /** the rule that is open in the dialog shows its problems there */
  open: number | null;
  onMove: (from: number, to: number) => void;
  onOpen: (at: number) => void;
  onRemove: (at: number) => void;
}) {
  const { t, of, lang } = useTexts();
  const languageName = new Intl.DisplayNames([lang], { type: 'language' });
  const groupName = (id: string) => of(configured.groups.find((group) => group.id === id)?.document.name ?? id);
  const condition = (rule: RuleDocument) =>
    [rule.pak, rule.service, rule.language ? languageName.of(rule.language) : null].filter(Boolean).join(', ') || t('ruleAnything');
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) => {
      const from = Number([...keys][0]);
      const at = Number(target.key) + (target.dropPosition === 'after' ? 1 : 0);
      onMove(from, at > from ? at - 1 : at);
    },
  });
  return (
    <I18nProvider locale={lang}>
      <GridList aria-label={t('adminRules')} className="rules" dragAndDropHooks={dragAndDropHooks} keyboardNavigationBehavior="tab">
        {rules.map((rule, number) => {
          const said = `${condition(rule)} → ${groupName(rule.group_id)}`;
          return (
            <GridListItem key={number} id={number} textValue={said} className="rule" data-testid={`rule-${number}`}>
              <Button slot="drag" className="icon-button quiet" aria-label={t('ruleDrag', { rule: said })}>
                <Icon name="grip" />
              </Button>
              <span className="rule-text">
                <span className="quiet">{number + 1}.</span> {condition(rule)} <span aria-hidden="true">→</span>{' '}
                <strong>{groupName(rule.group_id)}</strong>
                {(number === open ? [] : ['', '.group_id', '.pak', '.service', '.language']).map((field) => (
                  <Wrong key={field} path={`${number}${field}`} />
                ))}
              </span>
              <span className="row">
                <Button className="icon-button quiet" aria-label={t('ruleUp', { rule: said })} isDisabled={number === 0} onPress={() => onMove(number, number - 1)}>
                  <Icon name="up" />
                </Button>
                <Button
                  className="icon-button quiet"
                  aria-label={t('ruleDown', { rule: said })}
                  isDisabled={number === rules.length - 1}
                  onPress={() => onMove(number, number + 1)}
                >
                  <Icon name="down" />
                </Button>
                <Button className="icon-button quiet" aria-label={t('ruleEdit', { rule: said })} onPress={() => onOpen(number)}>
                  <Icon name="edit" />
                </Button>
                <Button className="icon-button quiet" aria-label={t('ruleRemove', { rule: said })} onPress={() => onRemove(number)}>
                  <Icon name="remove" />
                </Button>
              </span>
            </GridListItem>
          );
        })}
      </GridList>
    </I18nProvider>
  );
}

function RuleDialog({
  rule,
  number,
  configured,
  onChange,
  onClose,
}: {
  rule: RuleDocument | null;
  number: number;
  configured: Configuration;
  onChange: (rule: RuleDocument) => void;
  onClose: () => void;
}) {
  const { t, of, word, lang } = useTexts();
  const languageName = new Intl.DisplayNames([lang], { type: 'language' });
  return (
    <ModalOverlay className="overlay" isOpen={rule !== null} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="modal">
        <Dialog className="dialog">
          <Heading slot="title">{t('rule', { n: number + 1 })}</Heading>
          {rule ? (
            <div className="stack">
              <SelectField
                path={`${number}.pak`}
                label={t('requestPak')}
                value={rule.pak ?? ''}
                options={[['', t('ruleAny')], ...PAKS.map((pak): [string, string] => [pak, word('', pak)])]}
                onChange={(pak) => onChange({ ...rule, pak: pak || null })}
              />
              <SelectField
                path={`${number}.language`}
                label={t('requestLanguage')}
                value={rule.language ?? ''}
                options={[['', t('ruleAny')], ...LANGUAGES.map((each): [string, string] => [each, languageName.of(each) ?? each])]}
                onChange={(language) => onChange({ ...rule, language: language || null })}
              />
              <TextField
                path={`${number}.service`}
                label={t('ruleService')}
                hint={t('ruleServiceHint')}
                value={rule.service ?? ''}
                onChange={(service) => onChange({ ...rule, service: service || null })}
              />
              <SelectField
                path={`${number}.group_id`}
                label={t('ruleGroup')}
                value={rule.group_id}
                options={configured.groups.filter((group) => !group.retired || group.id === rule.group_id).map((group) => [group.id, of(group.document.name)])}
                onChange={(group_id) => onChange({ ...rule, group_id })}
              />
            </div>
          ) : null}
          <div className="row end">
            <button type="button" className="button primary" onClick={onClose} data-testid="rule-done">
              {t('ruleDone')}
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
