// Where the units of each item are, and more of them.

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { post } from './api.js';
import { Act } from './confirm.js';
import { Field } from './field.js';
import { UnitsBar } from './units_bar.js';

const places = ['available', 'in_flight', 'reserved', 'sold'];

export function Stock({ items, sale, changed, audit }) {
  const open = sale.state === 'ready' || sale.state === 'paused';
  const titles = Object.fromEntries(sale.items.map((i) => [i.sku, i.title]));
  const drift = Object.fromEntries((audit?.items ?? []).map((i) => [i.sku, i.drift]));
  return html`<section class="card view"><h2>${t('admin.stock')}</h2>
    <div class="table" tabindex="0" role="region" aria-label=${t('admin.stock')}><table data-testid="stock"><thead><tr><th scope="col">${t('admin.col.item')}</th><th scope="col" class="bar-col"><span class="unseen">${t('admin.chart.stock')}</span></th><th scope="col">${t('admin.total')}</th>
      ${places.map((p) => html`<th key=${p} scope="col">${t(`admin.${p}`)}</th>`)}${open && html`<th scope="col"><span class="unseen">${t('admin.stock.change')}</span></th>`}</tr></thead>
    <tbody>${items.map((i) => html`<tr key=${i.sku} data-sku=${i.sku}><th scope="row"><span class="item-name">${titles[i.sku] ?? i.sku}</span><span class="soft mono">${i.sku}</span>${drift[i.sku] ? html` <span class="error">${t('admin.drift', { n: drift[i.sku] })}</span>` : ''}</th>
      <td class="bar-col"><${UnitsBar} parts=${places} of=${i} all=${i.total} /></td><td>${number(i.total)}</td>${places.map((p) => html`<td key=${p} data-column=${p}>${number(i[p])}</td>`)}
      ${open && html`<td><${Change} sale=${sale} sku=${i.sku} title=${titles[i.sku] ?? i.sku} changed=${changed} /></td>`}</tr>`)}</tbody></table></div></section>`;
}

function Change({ sale, sku, title, changed }) {
  const run = (fields) => post(`/sales/${sale.id}/items/${encodeURIComponent(sku)}/stock`, { delta: Number(fields.delta.value), reason: fields.reason.value.trim() });
  return html`<${Act} label=${t('admin.stock.change')} title=${t('admin.stock.title', { title })} text=${t('admin.stock.text')} testid=${`stock-${sku}`} run=${run} done=${changed} fields=${['delta', 'reason']}>
    ${(wrong) => html`<${Field} id="delta" name="delta" label=${t('admin.stock.delta')} type="number" step="1" required error=${wrong.delta} />
    <${Field} id="reason" name="reason" label=${t('admin.stock.reason')} maxlength="200" required error=${wrong.reason} />`}<//>`;
}
