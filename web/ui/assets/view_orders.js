// The buyer's own orders, newest first.

import { asBuyer } from './session.js';
import { el } from './dom.js';
import { money, when } from './format.js';
import { backLink, loading, notice, statusPill } from './parts.js';
import { t } from './texts.js';

export function ordersView({ root, given, setTitle }) {
  setTitle(t.ordersTitle);
  const list = el('ul', { class: 'order-list', 'data-testid': 'orders' });
  const below = el('div', null, loading());
  root.append(backLink('/', t.back), el('h1', null, t.ordersTitle),
    given.notice ? el('p', { class: 'notice', role: 'status', 'data-testid': 'notice' }, given.notice) : '', list, below);

  async function more(cursor) {
    below.replaceChildren(loading());
    try {
      const answer = await asBuyer(`/api/v1/orders${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`);
      list.append(...answer.orders.map(row));
      below.replaceChildren(
        answer.next_cursor ? el('button', { type: 'button', class: 'button', onclick: () => more(answer.next_cursor) }, t.ordersMore)
          : list.childElementCount === 0 ? el('p', { class: 'empty' }, t.ordersNone) : '');
    } catch (problem) {
      below.replaceChildren(notice(problem, () => more(cursor)));
    }
  }
  more();
}

function row(order) {
  return el('li', null, el('a', { class: 'order-row', href: `/orders/${order.order_id}`, 'data-link': true, 'data-testid': 'order-row' },
    el('span', null, el('strong', null, order.lines.map((l) => `${l.sku} × ${l.quantity}`).join(', ')), el('small', null, when(order.created_at))),
    el('span', { class: 'row-end' }, el('span', null, money(order.amount, order.currency)), statusPill(order.status))));
}
