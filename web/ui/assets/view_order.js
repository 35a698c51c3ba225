// One order: where it stands, how long there is to pay, and what can be done.

import { call } from './api.js';
import { announce, el, icon, setAttr, setText } from './dom.js';
import { every, now } from './clock.js';
import { clockText, money, number, when } from './format.js';
import { asBuyer } from './session.js';
import { backLink, loading, notice } from './parts.js';
import { follow } from './stream.js';
import { problemText, t } from './texts.js';

// A reading that is older than what is shown, from a slower way, must not turn
// the page back.
const rank = { queued: 0, awaiting_payment: 1, expired: 2, cancelled: 2, failed: 2, paid: 3, refund_due: 3, refunded: 4 };

export function orderView({ root, id, given, setTitle }) {
  setTitle(t.orderNumber(id));
  const page = { id, order: null, sale: null, busy: false };
  root.append(backLink('/orders', t.ordersTitle), loading());
  const take = (order) => {
    if (page.order && rank[order.status] < rank[page.order.status]) return;
    if (!page.order) build(root, page, given.notice);
    page.order = { ...page.order, ...order };
    paint(page);
  };
  page.take = take;
  if (given.order) take(given.order);
  const stopFollowing = follow(id, {
    known: Boolean(given.order),
    onOrder: take,
    onLink: (linked) => { if (page.link) page.link.hidden = linked; },
    onProblem: (problem) => { if (!page.order) root.replaceChildren(backLink('/orders', t.ordersTitle), notice(problem, () => location.reload())); },
  });
  const stopTicking = every(200, () => { if (page.order) tick(page); });
  return () => { stopFollowing(); stopTicking(); };
}

function build(root, page, noticeText) {
  page.title = el('h1', { 'data-testid': 'order-status' });
  page.mark = el('span', { class: 'order-mark', 'aria-hidden': 'true' });
  page.text = el('p', { class: 'lead', 'data-testid': 'order-text' });
  page.ticket = el('p', { class: 'ticket', hidden: true }, el('span', { class: 'soft' }, t.ticket), el('strong', { 'data-testid': 'ticket' }));
  page.left = el('strong', { class: 'hold-left', role: 'timer', 'aria-live': 'off', 'data-testid': 'countdown' });
  page.bar = el('progress', { class: 'hold-bar', max: 1, value: 1, 'aria-label': t.payWithin });
  page.hold = el('div', { class: 'hold', hidden: true }, el('span', { class: 'soft' }, t.payWithin), page.left, page.bar);
  page.actions = el('div', { class: 'actions' });
  page.wrong = el('p', { class: 'error', role: 'alert', 'data-testid': 'order-error' });
  page.link = el('p', { class: 'offline', role: 'status', hidden: true }, t.offline);
  page.steps = el('ol', { class: 'steps', 'data-testid': 'steps' });
  page.lines = el('div', { class: 'lines' });
  page.card = el('section', { class: 'order-card', 'aria-live': 'polite' },
    el('div', { class: 'order-head' }, page.mark, el('div', null, page.title, page.text)),
    page.ticket, page.hold, page.actions, page.wrong, page.link);
  root.replaceChildren(backLink('/orders', t.ordersTitle),
    noticeText ? el('p', { class: 'notice', role: 'status', 'data-testid': 'notice' }, noticeText) : '',
    el('div', { class: 'order' }, page.card,
      el('section', { class: 'order-side' }, page.steps, page.lines)));
}

// paint shows a reading; buttons are made anew only when the status changed, so
// that the focus stays where it is.
function paint(page) {
  const { order } = page;
  const words = t.status[order.status] ?? { title: order.status, text: '' };
  setAttr(page.card, 'data-status', order.status);
  setAttr(page.title, 'data-status', order.status);
  setText(page.title, words.title);
  setText(page.text, reasonText(order) ?? words.text);
  page.ticket.hidden = !order.ticket;
  setText(page.ticket.lastChild, order.ticket ? `№ ${number(order.ticket)}` : '');
  page.steps.replaceChildren(...steps(order));
  paintLines(page);
  if (page.painted !== order.status) {
    page.painted = order.status;
    page.mark.replaceChildren(icon({ paid: 'check', expired: 'cross', cancelled: 'cross', failed: 'cross', queued: 'clock' }[order.status] ?? 'clock'));
    page.actions.replaceChildren(...actions(page));
    setText(page.wrong, '');
    announce(words.title);
    nameItems(page);
  }
  tick(page);
}

function reasonText(order) {
  if (!order.reason) return null;
  const [code, ...rest] = order.reason.split(':');
  return t.reason[code] ?? (/^[a-z_]+$/.test(code) && rest.length > 0 ? rest.join(':').trim() : order.reason);
}

function tick(page) {
  const { order } = page;
  const paying = order.status === 'awaiting_payment' || order.status === 'queued';
  page.hold.hidden = !paying || !order.hold_until;
  if (page.hold.hidden) return;
  const until = Date.parse(order.hold_until);
  const left = until - now();
  const whole = until - (Date.parse(order.created_at) || until - 900_000);
  setText(page.left, left > 0 ? clockText(left) : t.payOver);
  setAttr(page.hold, 'data-low', left < 60_000);
  page.bar.value = Math.max(0, Math.min(1, left / whole));
  const pay = page.actions.querySelector('[data-testid=pay]');
  if (pay && !page.busy) pay.disabled = left <= 0;
}

function steps(order) {
  const step = (state, text, detail) => el('li', { 'data-state': state, 'aria-current': state === 'now' ? 'step' : null },
    el('span', { class: 'dot', 'aria-hidden': 'true' }, state === 'done' ? icon('check') : state === 'bad' ? icon('cross') : ''),
    el('span', null, text, detail ? el('small', null, detail) : null));
  const admitted = step('done', t.step.admitted, order.created_at ? when(order.created_at) : null);
  const recorded = step('done', t.step.recorded);
  switch (order.status) {
    case 'queued': return [admitted, step('now', t.step.recording), step('next', t.step.pay)];
    case 'awaiting_payment': return [admitted, recorded, step('now', t.step.pay)];
    case 'paid': return [admitted, recorded, step('done', t.step.paid)];
    case 'failed': return [admitted, step('bad', t.step.failed)];
    case 'refund_due': return [admitted, recorded, step('bad', t.step.refund_due), step('now', t.step.refund)];
    case 'refunded': return [admitted, recorded, step('bad', t.step.refund_due), step('done', t.step.refunded)];
    default: return [admitted, recorded, step('bad', t.step[order.status] ?? order.status)];
  }
}

function paintLines(page) {
  const { order, sale } = page;
  if (!order.lines) return;
  const title = (sku) => sale?.items?.find((i) => i.sku === sku)?.title ?? sku;
  page.lines.replaceChildren(
    el('h2', null, t.orderNumber(order.order_id)),
    el('ul', null, order.lines.map((l) => el('li', null, el('span', null, `${title(l.sku)} × ${number(l.quantity)}`),
      l.price === undefined ? null : el('span', null, money(l.price * l.quantity, order.currency))))),
    el('p', { class: 'total' }, el('span', null, t.total), el('strong', { 'data-testid': 'amount' }, money(order.amount, order.currency))),
    order.sale_id ? el('a', { class: 'to-sale', href: `/sales/${order.sale_id}`, 'data-link': true }, t.toSale) : '');
}

// nameItems replaces SKUs by titles; without them the page is complete too.
async function nameItems(page) {
  if (page.sale || !page.order.sale_id) return;
  page.sale = await call(`/api/v1/sales/${page.order.sale_id}`).catch(() => null);
  if (page.sale) paintLines(page);
}

function actions(page) {
  const { order } = page;
  if (order.status !== 'awaiting_payment') return [];
  const pay = el('button', { type: 'button', class: 'button main', 'data-testid': 'pay', onclick: () => act(page, goPay) }, t.pay(money(order.amount, order.currency)));
  const cancel = el('button', { type: 'button', class: 'button', 'data-testid': 'cancel' }, t.cancel);
  const yes = el('button', { type: 'button', class: 'button danger', 'data-testid': 'cancel-confirm', onclick: () => act(page, doCancel) }, t.cancelYes);
  const no = el('button', { type: 'button', class: 'button', onclick: () => ask(false) }, t.cancelNo);
  const sure = el('div', { class: 'sure', hidden: true }, el('p', null, t.cancelSure), yes, no);
  function ask(on) {
    sure.hidden = !on;
    cancel.hidden = on;
    (on ? no : cancel).focus();
  }
  cancel.addEventListener('click', () => ask(true));
  return [pay, cancel, sure];
}

// act runs one call with its buttons off; what goes wrong is one line, and the
// order is read again, since "no longer possible" means that it has changed.
async function act(page, does) {
  if (page.busy) return;
  page.busy = true;
  setText(page.wrong, '');
  const buttons = [...page.actions.querySelectorAll('button')];
  for (const b of buttons) b.disabled = true;
  try {
    await does(page);
  } catch (problem) {
    setText(page.wrong, problemText(problem));
    if (problem.code === 'conflict') page.take(await asBuyer(`/api/v1/orders/${page.id}`).catch(() => page.order));
  } finally {
    page.busy = false;
    for (const b of buttons) b.disabled = false;
  }
}

async function goPay(page) {
  const { payment_url: address } = await asBuyer(`/api/v1/orders/${page.id}/pay`, { method: 'POST' });
  const url = new URL(address, location.href);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw Object.assign(new Error(), { code: '', detail: t.badAddress });
  announce(t.paying);
  location.assign(url);
}

async function doCancel(page) {
  page.take(await asBuyer(`/api/v1/orders/${page.id}/cancel`, { method: 'POST' }));
}
