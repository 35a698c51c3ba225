// From the click to the money: where do they stay behind?

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';

export function Funnel({ reading, now }) {
  const orders = reading.orders ?? {};
  const recorded = Object.values(orders).reduce((n, v) => n + v, 0);
  const paid = (orders.paid ?? 0) + (orders.refund_due ?? 0) + (orders.refunded ?? 0);
  const admitted = recorded + (reading.orders_in_flight ?? 0);
  const steps = [['clicked', admitted + (now.refused ?? 0)], ['admitted', admitted], ['recorded', recorded], ['paid', paid]];
  // The paid ones are the last step.
  const others = Object.entries(orders).filter(([status, n]) => n > 0 && status !== 'paid');
  const most = Math.max(1, steps[0][1]);
  return html`<ol class="funnel" data-testid="funnel">${steps.map(([name, n]) => html`<li key=${name} data-step=${name}>
      <span>${t(`admin.step.${name}`)}</span><svg class="units" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" class="units-none" /><rect width=${Math.max(0, 100 * n / most)} height="8" class="units-step" /></svg><b class="num">${number(n)}</b></li>`)}</ol>
    <dl class="settings" data-testid="statuses">${others.map(([status, n]) => html`<div key=${status}><dt>${t(`admin.status.${status}`)}</dt><dd class="num">${number(n)}</dd></div>`)}</dl>`;
}
