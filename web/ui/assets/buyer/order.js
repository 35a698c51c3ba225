// One order: where it stands, how long there is to pay, and what can be done.

import { html, useComputed, useEffect, useSignal } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { tick } from '../lib/clock.js';
import { clockText, money } from '../lib/format.js';
import { has, t } from '../lib/i18n.js';
import { given, setTitle } from '../lib/router.js';
import { zoned } from '../lib/zoned.js';
import { Icon } from '../parts/icon.js';
import { Back, Link } from '../parts/link.js';
import { Loading, Trouble } from '../parts/notice.js';
import { Picture } from '../parts/picture.js';
import { followOrder } from './follow_order.js';
import { OrderActions } from './order_actions.js';
import { itemOf } from './sale_names.js';

// A reading that is older than what is shown, from a slower way, must not turn
// the page back. A late payment turns an order that had ended.
const rank = { queued: 0, awaiting_payment: 1, expired: 2, cancelled: 2, failed: 2, paid: 3, refund_due: 3, refunded: 4 };

export function OrderView({ id }) {
  const { order: handed } = given.value;
  const order = useSignal(handed ?? null);
  const problem = useSignal(null);
  const linked = useSignal(true);
  const take = (reading) => {
    if (order.value && rank[reading.status] < rank[order.value.status]) return;
    order.value = { ...order.value, last_payment: undefined, ...reading };
  };
  useEffect(() => followOrder(id, {
    known: Boolean(handed), onOrder: take,
    onLink: (on) => { linked.value = on; },
    onProblem: (p) => { problem.value = p; },
  }), [id]);
  setTitle(`${t('order.number', { id })} · ${t('brand')}`);
  return html`<div class="view"><${Back} to="/orders">${t('orders.title')}<//>
    ${order.value ? html`<div class="order">
        <${Standing} order=${order.value} linked=${linked.value} take=${take} />
        <section class="order-side card"><${Timeline} order=${order.value} /><${Lines} order=${order.value} /></section>
      </div>` : problem.value ? html`<${Trouble} problem=${problem.value} again=${() => location.reload()} />` : html`<${Loading} />`}
  </div>`;
}

const marks = { paid: 'check', refunded: 'check', expired: 'cross', cancelled: 'cross', failed: 'cross', refund_due: 'money' };

function Standing({ order, linked, take }) {
  const title = t(`status.${order.status}.title`);
  useEffect(() => announce(title), [title]);
  const paying = (order.status === 'awaiting_payment' || order.status === 'queued') && order.hold_until;
  const over = useComputed(() => Date.parse(order.hold_until) <= tick.value);
  const failed = order.status === 'awaiting_payment' && order.last_payment?.status === 'failed';
  const again = order.status === 'expired' || order.status === 'cancelled' || order.status === 'failed';
  return html`<section class="order-card card" data-status=${order.status}>
    <div class="order-head"><span class="order-mark" aria-hidden="true"><${Icon} name=${marks[order.status] ?? 'clock'} /></span>
      <div><h1 data-testid="order-status" data-status=${order.status}>${title}</h1><p class="lead" data-testid="order-text">${text(order)}</p></div></div>
    ${paying && order.ticket > 0 && html`<p class="ticket" data-testid="ticket">${t('order.ticket', { n: order.ticket })}</p>`}
    ${failed && html`<div class="notice" role="alert" data-testid="pay-failed"><p>${t('order.pay_failed')} · ${zoned(order.last_payment.at)}</p>
      <p class="notice-text">${t(over.value ? 'order.pay_failed_over' : 'order.pay_failed_text')}</p></div>`}
    ${paying && html`<${Hold} order=${order} />`}
    <${OrderActions} order=${order} over=${over.value} take=${take} />
    ${again && html`<div class="actions"><${Link} class="button" to=${`/sales/${order.sale_id}`} data-testid="again">${t('order.again')}<//></div>`}
    ${!linked && html`<p class="offline" role="status" data-testid="offline"><${Icon} name="alert" />${t('order.offline')}</p>`}
  </section>`;
}

// A reason begins with a stable word, which has a text in the reader's language.
function text(order) {
  const then = t(`status.${order.status}.text`);
  const why = `reason.${order.reason?.split(':')[0]}`;
  return has(why) ? t('order.why', { why: t(why), then }) : then;
}

function Hold({ order }) {
  const until = Date.parse(order.hold_until);
  const whole = Math.max(until - (Date.parse(order.created_at) || until - 900_000), 1);
  const left = useComputed(() => until - tick.value);
  const text = useComputed(() => (left.value > 0 ? clockText(left.value) : t('order.pay_over')));
  const low = useComputed(() => (left.value < 60_000 ? '' : undefined));
  const share = useComputed(() => Math.round(1000 * Math.max(0, Math.min(1, left.value / whole))) / 1000);
  return html`<div class="hold" data-low=${low}><span class="soft">${t('order.pay_within')}</span>
    <strong class="hold-left" role="timer" aria-live="off" data-testid="countdown">${text}</strong>
    <progress class="meter" max="1" value=${share} aria-label=${t('order.pay_within')}></progress></div>`;
}

function Lines({ order }) {
  return html`<div class="lines"><h2>${t('order.number', { id: order.order_id })}</h2>
    <ul>${(order.lines ?? []).map((l) => html`<${Line} key=${l.sku} order=${order} line=${l} />`)}</ul>
    <p class="total"><span>${t('order.total')}</span><strong data-testid="amount">${money(order.amount, order.currency)}</strong></p>
    ${order.sale_id && html`<${Link} class="to-sale" to=${`/sales/${order.sale_id}`}>${t('back.sale')}<//>`}</div>`;
}

function Line({ order, line }) {
  const item = itemOf(order, line.sku);
  return html`<li data-testid="line"><span class="choice-art"><${Picture} key=${item.image_url} src=${item.image_url} sku=${item.sku} /></span>
    <span class="line-title">${t('orders.lines', { title: item.title, n: line.quantity })}</span>
    ${line.price !== undefined && html`<span>${money(line.price * line.quantity, order.currency)}</span>`}</li>`;
}

// An order's states as a line of steps.
// Each step is [state, key]: done, now, next or bad.
const ways = {
  queued: [['done', 'admitted'], ['now', 'recording'], ['next', 'pay'], ['next', 'handed_on']],
  awaiting_payment: [['done', 'admitted'], ['done', 'recorded'], ['now', 'pay'], ['next', 'handed_on']],
  paid: [['done', 'admitted'], ['done', 'recorded'], ['done', 'paid'], ['done', 'handed_on']],
  expired: [['done', 'admitted'], ['done', 'recorded'], ['bad', 'expired']],
  cancelled: [['done', 'admitted'], ['done', 'recorded'], ['bad', 'cancelled']],
  failed: [['done', 'admitted'], ['bad', 'failed']],
  refund_due: [['done', 'admitted'], ['done', 'recorded'], ['bad', 'refund_due'], ['now', 'refund']],
  refunded: [['done', 'admitted'], ['done', 'recorded'], ['bad', 'refund_due'], ['done', 'refunded']],
};

function Timeline({ order }) {
  return html`<ol class="steps" data-testid="steps">${(ways[order.status] ?? []).map(([state, name], i) => html`
    <li key=${name} data-state=${state} aria-current=${state === 'now' ? 'step' : undefined}>
      <span class="dot" aria-hidden="true">${state === 'done' ? html`<${Icon} name="check" />` : state === 'bad' ? html`<${Icon} name="cross" />` : ''}</span>
      <span>${t(`step.${name}`)}${i === 0 && order.created_at && html`<small>${zoned(order.created_at)}</small>`}</span>
    </li>`)}</ol>`;
}
