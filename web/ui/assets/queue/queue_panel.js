// A queue in full: the buyer's place, what is left, and how it is known to be fair.

import { html, useSignal } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { Dialog } from '../parts/dialog.js';
import { Icon } from '../parts/icon.js';
import { Link } from '../parts/link.js';
import { bell } from '../buyer/returns.js';
import { Fairness } from './fairness.js';
import { chances } from './words.js';

export function QueuePanel({ sale, queue, state, standing, loud }) {
  const place = queue.place.value;
  const left = sale.items.reduce((n, i) => n + i.available, 0);
  const placed = standing === 'waiting' && place.place !== undefined && state !== 'over';
  const hope = placed && chances(place, left);
  const on = (standing === 'waiting' || standing === 'called') && state !== 'over';
  return html`<section class="returns" data-testid="queue-panel"><h3>${t('queue.title')}</h3>
    <p class="soft">${t('queue.about')}</p>
    ${state !== 'over' && html`<dl class="queue-facts">
      ${placed && html`<${Fact} name="place">${number(place.place)}<//>`}
      <${Fact} name="waiting">${number(state === 'gathering' ? sale.queue.joined : sale.queue.waiting)}<//>
      ${state !== 'gathering' && html`<${Fact} name="left">${number(left)}<//>`}</dl>`}
    ${hope && html`<p data-testid="chances"><b>${hope}</b></p>`}
    ${!queue.linked.value && html`<p class="offline" role="status" data-testid="offline"><${Icon} name="alert" />${t('queue.offline')}</p>`}
    ${standing === 'served' && html`<${Link} class="link" to="/orders">${t('orders.title')}<//>`}
    ${on && html`<label class="switch"><input type="checkbox" role="switch" checked=${loud.value} data-testid="loud"
        onChange=${(event) => { loud.value = event.currentTarget.checked; if (loud.value) bell.ready(); }} /><span>${t('queue.loud')}</span></label>
      <${Leave} queue=${queue} />`}
    <${Fairness} sale=${sale} place=${place} />
  </section>`;
}

const Fact = ({ name, children }) => html`<div data-testid=${`queue-${name}`}><dt>${t(`queue.fact.${name}`)}</dt><dd class="num">${children}</dd></div>`;

// Leave asks first: a place that was given up cannot be had again.
function Leave({ queue }) {
  const asking = useSignal(false);
  const close = () => { asking.value = false; };
  return html`<button type="button" class="link" disabled=${queue.busy.value} data-testid="leave-queue" onClick=${() => { asking.value = true; }}>${t('queue.leave')}</button>
    <${Dialog} open=${asking.value} onClose=${close} labelledby="leave-title"><div class="form">
      <h2 id="leave-title">${t('queue.leave.title')}</h2><p class="soft">${t('queue.leave.text')}</p>
      <div class="actions">
        <button type="button" class="button" data-testid="leave-keep" onClick=${close}>${t('queue.leave.no')}</button>
        <button type="button" class="button danger" data-testid="leave-confirm" onClick=${() => { close(); queue.leave(); }}>${t('queue.leave.yes')}</button>
      </div></div><//>`;
}
