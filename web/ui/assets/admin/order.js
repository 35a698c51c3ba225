// One order with all that is known of it.

import { html } from '../lib/html.js';
import { money } from '../lib/format.js';
import { has, number, t } from '../lib/i18n.js';
import { Back, Link } from '../parts/link.js';
import { Loading } from '../parts/notice.js';
import { admin } from './api.js';
import { OrderPill } from './pills.js';
import { Trouble } from './problem.js';
import { moment } from './times.js';
import { useLoad } from './use_load.js';

export function Order({ id }) {
  const { data, problem, again } = useLoad(() => admin(`/orders/${id}`), [id], { every: 5_000 });
  const of = data?.order.sale_id;
  const sale = useLoad(() => (of ? admin(`/sales/${of}`) : Promise.resolve(null)), [of]).data;
  if (!data) return problem ? html`<div class="view"><${Back} to="/admin/orders">${t('admin.orders')}<//><${Trouble} problem=${problem} again=${again} /></div>` : html`<${Loading} />`;
  const { order } = data;
  const title = (sku) => sale?.items.find((i) => i.sku === sku)?.title;
  return html`<div class="view"><${Back} to=${`/admin/sales/${order.sale_id}/orders`}>${t('admin.orders')}<//>
    <div class="head"><h1 class="num">${t('admin.order.title', { id: order.order_id })}</h1><${OrderPill} status=${order.status} /></div>
    ${problem && html`<${Trouble} problem=${problem} again=${again} />`}
    <dl class="card facts" data-testid="order-facts">
      <${Fact} name="buyer">${order.buyer}<//><${Fact} name="ticket">${number(order.ticket)}<//>
      <${Fact} name="lines">${order.lines.map((l) => html`<span key=${l.sku} class="item-name">${title(l.sku) ?? l.sku} × ${number(l.quantity)}</span>${title(l.sku) && html`<span class="soft mono">${l.sku}</span>`}`)}<//><${Fact} name="amount">${money(order.amount, order.currency)}<//>
      <${Fact} name="made">${moment(order.created_at)}<//><${Fact} name="hold">${moment(order.hold_until)}<//>
      <${Fact} name="place">${t(`admin.place.${data.place}`)}<//>${order.key && html`<${Fact} name="key">${order.key}<//>`}
      ${order.reason && html`<${Fact} name="reason">${because(order.reason)}<//>`}
      <${Fact} name="sale"><${Link} to=${`/admin/sales/${order.sale_id}`}>${sale?.name ?? order.sale_id}<//><//>
    </dl>
    <section class="card view"><h2>${t('admin.history')}</h2><${History} data=${data} /></section>
    <section class="card view"><h2>${t('admin.payments')}</h2>${data.payments.length === 0 ? html`<p class="soft">${t('admin.none')}</p>` : html`<ul class="plain" data-testid="payments">${data.payments.map((p) => html`
      <li key=${p.payment_id}><b>${money(p.amount, p.currency)}</b> · ${t(`admin.payment.${p.status}`)} · <span class="soft mono">${p.provider} ${p.payment_id}</span>
      ${p.refund_attempts > 0 && html`<span class=${p.status === 'refund_due' ? 'error' : 'soft'}> ${t('admin.refund.tries', { n: p.refund_attempts })} ${p.refund_error}</span>`}</li>`)}</ul>`}</section>
    <section class="card view"><h2>${t('admin.letters')}</h2>${data.dead_letters === null ? html`<p class="soft">${t('admin.letters.unknown')}</p>`
      : data.dead_letters.length === 0 ? html`<p class="soft">${t('admin.none')}</p>`
      : html`<ul class="plain">${data.dead_letters.map((l) => html`<li key=${l.id}><b>${l.queue}</b> · ${l.reason}</li>`)}</ul>`}</section>
  </div>`;
}

// A reason begins with a stable word.
function because(reason) {
  const name = `admin.reason.${reason.split(':')[0]}`;
  return has(name) ? t(name) : reason;
}

const Fact = ({ name, children }) => html`<div><dt>${t(`admin.col.${name}`)}</dt><dd>${children}</dd></div>`;

// History puts what moved and what was told into one line of time.
function History({ data }) {
  const all = [
    { at: data.order.created_at, text: t('admin.event.admitted') },
    ...data.stock.map((m) => ({ at: m.at, text: t(`admin.move.${m.move}`, { sku: m.sku, n: m.quantity }) })),
    ...data.payments.map((p) => ({ at: p.created_at, text: t('admin.event.payment', { amount: money(p.amount, p.currency) }) })),
    ...data.callbacks.map((c) => ({ at: c.at, text: t('admin.event.callback', { type: has(`admin.callback.${c.type}`) ? t(`admin.callback.${c.type}`) : c.type, outcome: has(`admin.outcome.${c.outcome}`) ? t(`admin.outcome.${c.outcome}`) : c.outcome }), note: c.note, bad: !!c.note })),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return html`<ol class="trail" data-testid="history">${all.map((e, i) => html`<li key=${i}><time class="soft num" datetime=${e.at}>${moment(e.at)}</time>
    <span class=${e.bad ? 'error' : ''}>${e.text}${e.note && html` <span class="soft">${e.note}</span>`}</span></li>`)}</ol>`;
}
