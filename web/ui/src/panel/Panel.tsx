import '../admin/admin.css';
import '../avis/avis.css';
import './panel.css';

import { useEffect, useState } from 'react';
import { Button, GridList, GridListItem, I18nProvider, useDragAndDrop } from 'react-aria-components';

import { moved } from '../admin/documents';
import { api } from '../app';
import { useTexts } from '../i18n';
import { announce } from '../ui/announce';
import { useAction } from '../ui/hooks';
import { Icon } from '../ui/Icon';
import { Loading, Problem } from '../ui/parts';
import { useStore } from '../ui/store';
import { COMPANY_WIDGETS, identity } from './identity';
import { IdentitySwitch } from './IdentitySwitch';
import { WIDGETS } from './widgets';

interface Layout {
  order: string[];
  hidden: string[];
}

/** Everything about the citizen, each part by itself: one that fails says so and the others stand. */
export function Panel() {
  const { t } = useTexts();
  const [layout, setLayout] = useState<Layout | null>(null);
  const [arranging, setArranging] = useState(false);
  const company = useStore(identity);
  const loading = useAction();
  const { run } = loading;
  useEffect(() => {
    void run(async () => setLayout(await api.get<Layout>('/api/panel/layout')));
  }, [run]);
  const save = (next: Layout) => {
    setLayout(next);
    void run(() => api.send('PUT', '/api/panel/layout', next));
  };
  const shown = layout?.order.filter((name) => !layout.hidden.includes(name) && (company === null || COMPANY_WIDGETS.includes(name))) ?? [];
  return (
    <div className="page stack panel-page">
      <div className="row apart">
        <div>
          <h1>{t('panel')}</h1>
          <p className="hint">{t('panelHint')}</p>
        </div>
        <button type="button" className="button" data-testid="arrange" aria-pressed={arranging} onClick={() => setArranging(!arranging)}>
          {arranging ? t('panelDone') : t('panelArrange')}
        </button>
      </div>
      <IdentitySwitch />
      <Problem error={loading.error} />
      {layout === null && !loading.error ? <Loading /> : null}
      {layout && arranging ? <Arrange layout={layout} onChange={save} /> : null}
      {layout && !arranging ? (
        // another name is another panel: nothing of the one before stays
        <div className="panel-grid" key={company?.reg_no ?? 'private'}>
          {shown.map((name) => {
            const Widget = WIDGETS[name];
            return Widget ? <Widget key={name} /> : null;
          })}
        </div>
      ) : null}
    </div>
  );
}

/** The order by dragging, by the keyboard or by buttons; what is hidden can be shown again. */
function Arrange({ layout, onChange }: { layout: Layout; onChange: (next: Layout) => void }) {
  const { t, word, lang } = useTexts();
  const { order, hidden } = layout;
  const move = (from: number, to: number) => {
    if (to < 0 || to >= order.length || from === to) return;
    onChange({ order: moved(order, from, to), hidden });
    announce(t('insMoved', { place: to + 1 }));
  };
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) => {
      const from = order.indexOf(String([...keys][0]));
      const to = order.indexOf(String(target.key)) + (target.dropPosition === 'after' ? 1 : 0);
      move(from, to > from ? to - 1 : to);
    },
  });
  return (
    <I18nProvider locale={lang}>
      <GridList aria-label={t('panelArrange')} className="rules card" dragAndDropHooks={dragAndDropHooks} keyboardNavigationBehavior="tab">
        {order.map((name, number) => {
          const said = word('w_', name);
          const off = hidden.includes(name);
          return (
            <GridListItem key={name} id={name} textValue={said} className="rule" data-testid={`arrange-${name}`}>
              <Button slot="drag" className="icon-button quiet" aria-label={t('insDrag', { name: said })}>
                <Icon name="grip" />
              </Button>
              <span className="rule-text">{said}</span>
              <span className="row">
                <Button className="icon-button quiet" aria-label={t('insUp', { name: said })} isDisabled={number === 0} onPress={() => move(number, number - 1)}>
                  <Icon name="up" />
                </Button>
                <Button className="icon-button quiet" aria-label={t('insDown', { name: said })} isDisabled={number === order.length - 1} onPress={() => move(number, number + 1)}>
                  <Icon name="down" />
                </Button>
                <Button
                  className="button"
                  aria-label={`${off ? t('panelShow') : t('panelHide')}: ${said}`}
                  onPress={() => onChange({ order, hidden: off ? hidden.filter((each) => each !== name) : [...hidden, name] })}
                >
                  {off ? t('panelShow') : t('panelHide')}
                </Button>
              </span>
            </GridListItem>
          );
        })}
      </GridList>
    </I18nProvider>
  );
}
