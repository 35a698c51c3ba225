// The buyer's own orders, newest first.

import { html, useEffect, useSignal } from '../lib/html.js';
import { money } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { setTitle } from '../lib/router.js';
import { asBuyer, buyer } from '../lib/session.js';
import { zoned } from '../lib/zoned.js';
import { Back, Link } from '../parts/link.js';
import { Loading, Trouble } from '../parts/notice.js';
import { Picture } from '../parts/picture.js';
import { StatusPill } from '../parts/pill.js';
import { itemOf } from './sale_names.js';

export function OrdersView() {
  setTitle(`${t('orders.title')} · ${t('brand')}`);
  return html`<div class="view"><${Back} to="/">${t('back.sales')}<//><h1>${t('orders.title')}</h1>
    <${List} key=${buyer.value} /></div>`;
}

function List() {
  const orders = useSignal([]);
  const next = useSignal(null);
  const state = useSignal('loading');
  const problem = useSignal(null);

  async function more(cursor) {
    state.value = 'loading';
    try {
      const answer = await asBuyer(`/api/v1/orders${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`);
      orders.value = cursor ? [...orders.value, ...answer.orders] : answer.orders;
      next.value = answer.next_cursor ?? null;
      state.value = 'ready';
    } catch (p) {
      problem.value = p;
      state.value = 'failed';
    }
  }
  useEffect(() => {
    more();
    // What was changed in another tab shows when one comes back to this one.
    const seen = () => { if (!document.hidden && state.value === 'ready') more(); };
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, []);
  const last = state.value === 'failed' ? html`<${Trouble} problem=${problem.value} again=${() => more(next.value)} />`
    : state.value === 'loading' && orders.value.length === 0 ? html`<${Loading} />`
      : orders.value.length === 0 ? html`<div class="empty"><p>${t('orders.none')}</p><p class="soft">${t('orders.none_lead')}</p><${Link} class="button" to="/">${t('orders.to_sales')}<//></div>`
        : next.value ? html`<button type="button" class="button" disabled=${state.value === 'loading'} onClick=${() => more(next.value)}>${t('orders.more')}</button>` : null;
  return html`<ul class="order-list" data-testid="orders">${orders.value.map((order) => html`<${Row} key=${order.order_id} order=${order} />`)}</ul>${last}`;
}

function Row({ order }) {
  const items = order.lines.map((l) => itemOf(order, l.sku));
  return html`<li><${Link} class="order-row" to=${`/orders/${order.order_id}`} data-testid="order-row">
    <span class="order-art"><${Picture} src=${items[0].image_url} sku=${items[0].sku} /></span>
    <span><strong class="clamp">${order.lines.map((l, i) => t('orders.lines', { title: items[i].title, n: l.quantity })).join(', ')}</strong><small>${zoned(order.created_at)}</small></span>
    <span class="row-end"><span>${money(order.amount, order.currency)}</span><${StatusPill} status=${order.status} /></span>
  <//></li>`;
}
