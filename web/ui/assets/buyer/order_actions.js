// What a buyer can do with an order that awaits payment.

import { html, useSignal, useState } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { Problem } from '../lib/api.js';
import { money } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';
import { asBuyer } from '../lib/session.js';
import { Dialog } from '../parts/dialog.js';

// take is told each newer reading of the order; over is true once the hold is.
export function OrderActions({ order, over, take }) {
  const busy = useSignal(false);
  const problem = useSignal(null);
  const [asking, ask] = useState(false);
  const path = `/api/v1/orders/${order.order_id}`;

  // act runs one call with the buttons off; what goes wrong is one line, and the
  // order is read again, since "no longer possible" means that it has changed.
  async function act(does) {
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      await does();
    } catch (p) {
      problem.value = p;
      if (p.code === 'conflict') await asBuyer(path).then(take, () => {});
    } finally {
      busy.value = false;
    }
  }
  const pay = () => act(async () => {
    const { payment_url: address } = await asBuyer(`${path}/pay`, { method: 'POST' });
    const url = new URL(address, location.href);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Problem('bad_address');
    announce(t('order.paying'));
    location.assign(url);
  });
  const cancel = () => { ask(false); act(async () => take(await asBuyer(`${path}/cancel`, { method: 'POST' }))); };

  const payable = order.status === 'awaiting_payment';
  return html`
    ${payable && html`<div class="actions">
      <button type="button" class="button main" data-testid="pay" disabled=${busy.value || over} onClick=${pay}>
        ${busy.value && html`<span class="spinner" aria-hidden="true"></span>`}${t(order.last_payment ? 'order.pay_again' : 'order.pay', { price: money(order.amount, order.currency) })}</button>
      <button type="button" class="button" data-testid="cancel" disabled=${busy.value} onClick=${() => ask(true)}>${t('order.cancel')}</button>
    </div>
    <${Dialog} open=${asking} onClose=${() => ask(false)} labelledby="cancel-title"><div class="form">
      <h2 id="cancel-title">${t('order.cancel_title')}</h2><p class="soft">${t('order.cancel_text')}</p>
      <div class="actions">
        <button type="button" class="button" data-testid="cancel-keep" onClick=${() => ask(false)}>${t('order.cancel_no')}</button>
        <button type="button" class="button danger" data-testid="cancel-confirm" onClick=${cancel}>${t('order.cancel_yes')}</button>
      </div></div><//>`}
    <p class="error" role="alert" data-testid="order-error">${problem.value && problemText(problem.value)}</p>`;
}
