import { useState } from 'react';
import { Button, GridList, GridListItem, I18nProvider, useDragAndDrop } from 'react-aria-components';

import { api } from '../app';
import { moved } from '../admin/documents';
import { type Language, type Texts, useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Confirm, Empty, Problem } from '../ui/parts';
import { InstructionForm } from './InstructionForm';
import { euro } from './money';
import { Programmes } from './Programmes';
import { change } from './store';
import type { Instruction, Overview } from './types';

/** What is granted, in the order in which it applies. */
export function InstructionsPage({ found, programmes }: { found: Overview; programmes: boolean }) {
  const { t } = useTexts();
  const [open, setOpen] = useState<Instruction | 'new' | null>(null);
  const ordering = useAction();
  const alive = found.instructions.filter((each) => each.state !== 'ended');
  const ended = found.instructions.filter((each) => each.state === 'ended');
  const move = (from: number, to: number) => {
    if (to < 0 || to >= alive.length || from === to) return;
    const ids = moved(alive, from, to).map((each) => each.id);
    void ordering.run(() => change(() => api.send('POST', '/api/avis/order', { ids }))).then((done) => {
      if (done) announce(t('insMoved', { place: to + 1 }));
    });
  };
  if (open !== null) {
    return <InstructionForm key={open === 'new' ? 'new' : open.id} found={found} instruction={open === 'new' ? null : open} programmes={programmes} onClose={() => setOpen(null)} />;
  }
  return (
    <>
      {programmes ? <Programmes found={found} /> : null}
      <div className="row apart">
        <div>
          <h1>{t('avisInstructions')}</h1>
          <p className="hint">{t('insOrderHint')}</p>
        </div>
        <button type="button" className="button primary" data-testid="grant" onClick={() => setOpen('new')}>
          <Icon name="add" /> {t('insGrant')}
        </button>
      </div>
      <Problem error={ordering.error} />
      <section className="card stack" aria-label={t('avisInstructions')}>
        {alive.length === 0 ? <Empty icon="info">{t('insNone')}</Empty> : <Ordered found={found} alive={alive} onMove={move} onOpen={setOpen} />}
      </section>
      {ended.length > 0 ? (
        <details className="card">
          <summary>
            {t('insEnded')} ({ended.length})
          </summary>
          <ul className="stack tight">
            {ended.map((each) => (
              <li key={each.id}>
                <Said instruction={each} found={found} />
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

/** By dragging, by the keyboard (the handle, Enter, arrows, Enter) or by two plain buttons. */
function Ordered({ found, alive, onMove, onOpen }: { found: Overview; alive: Instruction[]; onMove: (from: number, to: number) => void; onOpen: (each: Instruction) => void }) {
  const { t, of, lang } = useTexts();
  const at = (id: unknown) => alive.findIndex((each) => each.id === id);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) => {
      const from = at([...keys][0]);
      const to = at(target.key) + (target.dropPosition === 'after' ? 1 : 0);
      onMove(from, to > from ? to - 1 : to);
    },
  });
  return (
    <I18nProvider locale={lang}>
      <GridList aria-label={t('avisInstructions')} className="rules" dragAndDropHooks={dragAndDropHooks} keyboardNavigationBehavior="tab">
        {alive.map((each, number) => {
          const name = of(each.body.name);
          return (
            <GridListItem key={each.id} id={each.id} textValue={name} className="rule" data-testid={`instruction-${number}`}>
              <Button slot="drag" className="icon-button quiet" aria-label={t('insDrag', { name })}>
                <Icon name="grip" />
              </Button>
              <span className="rule-text">
                <span className="quiet">{number + 1}.</span> <Said instruction={each} found={found} />
              </span>
              <span className="row">
                <Button className="icon-button quiet" aria-label={t('insUp', { name })} isDisabled={number === 0} onPress={() => onMove(number, number - 1)}>
                  <Icon name="up" />
                </Button>
                <Button className="icon-button quiet" aria-label={t('insDown', { name })} isDisabled={number === alive.length - 1} onPress={() => onMove(number, number + 1)}>
                  <Icon name="down" />
                </Button>
                <Button className="icon-button quiet" aria-label={`${t('edit')}: ${name}`} onPress={() => onOpen(each)}>
                  <Icon name="edit" />
                </Button>
                <Steps instruction={each} />
              </span>
            </GridListItem>
          );
        })}
      </GridList>
    </I18nProvider>
  );
}

function Said({ instruction, found }: { instruction: Instruction; found: Overview }) {
  const texts = useTexts();
  const { t, of, word, lang } = texts;
  const { body } = instruction;
  const group = found.groups.find((each) => each.id === body.group_id);
  const programme = found.programmes.find((each) => each.id === body.programme_id);
  const whom = group ? `${of(group.name)} (${t('groupMembers', { n: group.members })})` : programme ? t('insForProgramme', { name: of(programme.name) }) : '';
  return (
    <span>
      <strong>{of(body.name)}</strong> <span className={`badge state-${instruction.state}`}>{word('ins_', instruction.state)}</span>
      <br />
      <span className="quiet">
        {[saidValue(body.kind, body.value, lang, texts), whom, body.include.join(', '), body.cap_month === null ? '' : `≤ ${euro(body.cap_month, lang)} / ${t('settlementMonth').toLowerCase()}`, t('insVersion', { n: instruction.version })]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </span>
  );
}

function saidValue(kind: string, value: number, lang: Language, { word }: Texts): string {
  return kind === 'percent' ? `${(value / 100).toLocaleString(lang)} %` : `${word('kind_', kind)}: ${euro(value, lang)}`;
}

/** Activate, suspend, end: what the state allows, each after a question. */
function Steps({ instruction }: { instruction: Instruction }) {
  const { t, of } = useTexts();
  const [asking, setAsking] = useState<'activate' | 'end' | null>(null);
  const acting = useAction();
  const name = of(instruction.body.name);
  const step = (which: string) => void acting.run(() => change(() => api.send('POST', `/api/avis/instructions/${instruction.id}/${which}`)));
  return (
    <>
      {instruction.state === 'active' ? (
        <Button className="button" onPress={() => step('suspend')} isDisabled={acting.busy} aria-label={`${t('insSuspend')}: ${name}`}>
          {t('insSuspend')}
        </Button>
      ) : (
        <Button className="button" onPress={() => setAsking('activate')} isDisabled={acting.busy} aria-label={`${t('insActivate')}: ${name}`}>
          {t('insActivate')}
        </Button>
      )}
      <Button className="button danger" onPress={() => setAsking('end')} isDisabled={acting.busy} aria-label={`${t('insEnd')}: ${name}`}>
        {t('insEnd')}
      </Button>
      <Problem error={acting.error} />
      <Confirm
        open={asking !== null}
        title={asking === 'end' ? t('insEndAsk', { name }) : t('insActivateAsk', { name })}
        confirm={asking === 'end' ? t('insEnd') : t('insActivate')}
        danger={asking === 'end'}
        onClose={() => setAsking(null)}
        onConfirm={() => {
          if (asking) step(asking);
          setAsking(null);
        }}
      >
        <p>{asking === 'end' ? t('insEndText') : t('insActivateText')}</p>
      </Confirm>
    </>
  );
}
