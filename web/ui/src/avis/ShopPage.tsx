import { type FormEvent, useState } from 'react';

import { api } from '../app';
import { useTexts } from '../i18n';
import { useAction } from '../ui/hooks';
import { Empty, Field, Problem, Scroll } from '../ui/parts';
import { amount, cents, euro } from './money';
import { change } from './store';
import type { Item, Outlet, Overview } from './types';

/** The provider's outlets, catalogue and contracts. */
export function ShopPage({ found }: { found: Overview }) {
  const { t } = useTexts();
  const acting = useAction();
  const turn = ({ id, ...outlet }: Outlet) => {
    const { name, atvk, address } = outlet;
    void acting.run(() => change(() => api.send('PUT', `/api/avis/outlets/${id}`, { name, atvk, address, active: !outlet.active })));
  };
  return (
    <>
      <h1>{t('outlets')}</h1>
      <Problem error={acting.error} />
      <section className="card stack" aria-label={t('outlets')}>
        {found.outlets.length === 0 ? <Empty icon="info">{t('outletsNone')}</Empty> : null}
        <ul className="stack tight">
          {found.outlets.map((each) => (
            <li key={each.id} className="row apart item-row" data-testid={`outlet-${each.id}`}>
              <span>
                <strong>{each.name}</strong> <span className={`badge state-${each.active ? 'active' : 'blocked'}`}>{each.active ? t('outletActive') : t('outletShut')}</span>
                <br />
                <span className="quiet">{[each.id, each.address, each.atvk].filter(Boolean).join(' · ')}</span>
              </span>
              <button type="button" className="button" disabled={acting.busy} onClick={() => turn(each)} aria-label={`${each.active ? t('outletClose') : t('outletOpen')}: ${each.name}`}>
                {each.active ? t('outletClose') : t('outletOpen')}
              </button>
            </li>
          ))}
        </ul>
      </section>
      <Catalogue items={found.items} />
      <section className="card stack" aria-label={t('contracts')}>
        <h2>{t('contracts')}</h2>
        {found.contracts.length === 0 ? <p className="quiet">{t('contractsNone')}</p> : null}
        <ul>
          {found.contracts.map((each) => (
            <li key={each.grantor}>
              {found.names[each.grantor] ?? each.grantor} <span className="quiet">{t('contractFrom', { from: each.valid_from })}</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Catalogue({ items }: { items: Item[] }) {
  const { t, lang } = useTexts();
  const [item, setItem] = useState({ sku: '', name: '', category: '', price: '' });
  const saving = useAction();
  const save = (event: FormEvent) => {
    event.preventDefault();
    const { sku, name, category, price } = item;
    const body = { items: [{ sku, name, category, unit_cents: cents(price) ?? 0 }] };
    void saving.run(() => change(() => api.send('PUT', '/api/avis/items', body))).then((done) => done && setItem({ sku: '', name: '', category: '', price: '' }));
  };
  const field = (id: 'sku' | 'name' | 'category' | 'price', label: string) => (
    <Field id={`item-${id}`} label={label}>
      <input id={`item-${id}`} required autoComplete="off" value={item[id]} onChange={(event) => setItem({ ...item, [id]: event.target.value })} />
    </Field>
  );
  return (
    <section className="card stack" aria-label={t('avisCatalogue')}>
      <div>
        <h2>{t('avisCatalogue')}</h2>
        <p className="hint">{t('avisCatalogueHint')}</p>
      </div>
      <Scroll label={t('avisCatalogue')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('catalogueSku')}</th>
              <th scope="col">{t('catalogueName')}</th>
              <th scope="col">{t('catalogueCategory')}</th>
              <th scope="col" className="number">
                {t('cataloguePrice')}
              </th>
              <th scope="col">
                <span className="hidden">{t('edit')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((each) => (
              <tr key={each.sku}>
                <td>{each.sku}</td>
                <td>{each.name}</td>
                <td>{each.category}</td>
                <td className="number">{euro(each.unit_cents, lang)}</td>
                <td>
                  <button type="button" className="button quiet" aria-label={`${t('edit')}: ${each.name}`} onClick={() => setItem({ sku: each.sku, name: each.name, category: each.category, price: amount(each.unit_cents) })}>
                    {t('edit')}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <Problem error={saving.error} />
      <form className="row bottom" onSubmit={save}>
        {field('sku', t('catalogueSku'))}
        {field('name', t('catalogueName'))}
        {field('category', t('catalogueCategory'))}
        {field('price', t('cataloguePrice'))}
        <button type="submit" className="button" data-testid="item-save" disabled={saving.busy}>
          {t('catalogueAdd')}
        </button>
      </form>
    </section>
  );
}
