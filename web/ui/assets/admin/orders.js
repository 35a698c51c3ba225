// Orders: of one sale, or of one buyer in all of them.

import { html, useState } from '../lib/html.js';
import { money } from '../lib/format.js';
import { number, t } from '../lib/i18n.js';
import { go } from '../lib/router.js';
import { Back, Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin, download } from './api.js';
import { OrderPill } from './pills.js';
import { Pager } from './pager.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

const statuses = ['awaiting_payment', 'paid', 'expired', 'cancelled', 'failed', 'refund_due', 'refunded'];
const idForm = /^\d{15,19}$/;

export function Orders({ id }) {
  const [query, setQuery] = useState({ status: '', buyer: '' });
  const [pages, setPages] = useState(['']); // the cursors of the pages up to this one
  const asked = Boolean(id || query.buyer);
  const cursor = pages[pages.length - 1];
  const words = new URLSearchParams(Object.entries({ ...query, cursor }).filter(([, v]) => v));
  const sale = useLoad(() => (id ? admin(`/sales/${id}`) : Promise.resolve(null)), [id]);
  const list = useLoad(() => (asked ? admin(`${id ? `/sales/${id}` : ''}/orders?limit=50&${words}`) : Promise.resolve({ orders: [] })), [id, String(words)]);
  const ask = (change) => { setPages(['']); setQuery({ ...query, ...change }); };
  function find(event) {
    event.preventDefault();
    const text = event.currentTarget.elements.find.value.trim();
    if (idForm.test(text)) return go(`/admin/orders/${text}`);
    ask({ buyer: text });
  }
  return html`<div class="view">${id && html`<${Back} to=${`/admin/sales/${id}`}>${sale.data?.name ?? t('admin.sale')}<//>`}
    <div class="head"><h1>${t('admin.orders')}</h1>${id && html`<${Export} id=${id} query=${query} />`}</div>
    <form class="find" role="search" onSubmit=${find}>
      <input name="find" maxlength="64" aria-label=${t('admin.find')} placeholder=${t('admin.find')} data-testid="find" />
      <button class="button" data-testid="find-go">${t('admin.find.go')}</button>
    </form>
    <div class="filters" role="group" aria-label=${t('admin.filter')}>${['', ...statuses].map((s) => html`
      <button key=${s} type="button" class="filter" aria-pressed=${String(query.status === s)} data-testid=${`filter-${s || 'all'}`} onClick=${() => ask({ status: s })}>${s ? t(`admin.status.${s}`) : t('admin.status.all')}</button>`)}
      ${query.buyer && html`<button type="button" class="filter" aria-pressed="true" onClick=${() => ask({ buyer: '' })}>${t('admin.buyer.is', { buyer: query.buyer })} ×</button>`}</div>
    ${list.problem && html`<${Trouble} problem=${list.problem} again=${list.again} />`}
    ${!list.data && !list.problem && html`<${Loading} />`}
    ${list.data && html`<${Table} orders=${list.data.orders} asked=${asked} />`}
    <${Pager} pages=${pages} setPages=${setPages} next=${list.data?.next_cursor} /></div>`;
}

function Export({ id, query }) {
  const [problem, setProblem] = useState(null);
  const words = new URLSearchParams(Object.entries(query).filter(([, v]) => v));
  return html`<div class="actions">${problem && html`<${Trouble} problem=${problem} />`}
    <button type="button" class="button small" data-testid="export" onClick=${() => download(`/sales/${id}/orders?${words}`, 'text/csv', `orders-${id}.csv`).then(() => setProblem(null), setProblem)}>${t('admin.export')}</button></div>`;
}

function Table({ orders, asked }) {
  if (!asked) return html`<p class="empty">${t('admin.orders.ask')}</p>`;
  if (orders.length === 0) return html`<p class="empty" data-testid="no-orders">${t('admin.orders.none')}</p>`;
  return html`<div class="table card orders" tabindex="0" role="region" aria-label=${t('admin.orders')}><table data-testid="orders"><thead><tr>
      <th scope="col">${t('admin.col.order')}</th><th scope="col" class="left">${t('admin.col.status')}</th><th scope="col" class="left">${t('admin.col.buyer')}</th>
      <th scope="col">${t('admin.col.ticket')}</th><th scope="col" class="left">${t('admin.col.lines')}</th><th scope="col">${t('admin.col.amount')}</th><th scope="col">${t('admin.col.made')}</th>
    </tr></thead><tbody>${orders.map((o) => html`<tr key=${o.order_id} data-order=${o.order_id}>
      <th scope="row"><${Link} to=${`/admin/orders/${o.order_id}`} data-testid="order-link">${o.order_id}<//></th>
      <td class="left"><${OrderPill} status=${o.status} /></td><td class="left clip">${o.buyer}</td><td>${number(o.ticket)}</td>
      <td class="left">${o.lines.map((l) => `${l.sku} × ${number(l.quantity)}`).join(', ')}</td><td>${money(o.amount, o.currency)}</td><td>${moment(o.created_at)}</td>
    </tr>`)}</tbody></table></div>`;
}
