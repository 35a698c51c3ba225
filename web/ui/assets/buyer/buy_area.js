// What is bought, the button, and one line about what goes on. On a phone they
// stay at the lower edge.

import { html, useComputed } from '../lib/html.js';
import { tick } from '../lib/clock.js';
import { clockText, money } from '../lib/format.js';
import { has, t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';
import { Link } from '../parts/link.js';
import { WhenBack } from './returns.js';

// own is where the buyer's own order is, once it has as many as one buyer may. children
// stand above the button.
export function BuyArea({ sale, item, phase, quantity, buying, own, children }) {
  const state = buying.state.value;
  const going = state.kind === 'going';
  const open = phase === 'live' && item.available > 0;
  return html`<div class="buy-area">
    <p class="buy-what" data-testid="buy-what"><span class="buy-title">${quantity > 1 ? t('orders.lines', { title: item.title, n: quantity }) : item.title}</span>
      <b>${money(item.price, item.currency)}</b>
      ${sale.items.length > 1 && html`<button type="button" class="link" data-testid="change" disabled=${going} onClick=${toChoices}>${t('buy.change')}</button>`}</p>
    ${children}
    ${own && !going ? html`<${Link} class="button main buy" to=${own} data-testid="see-order">${t('buy.see_order')}<//>`
      : html`<button type="button" class="button main buy" data-testid="buy" data-sku=${item.sku} disabled=${going || !open}
      data-armed=${open && !going ? '' : undefined} data-going=${going ? '' : undefined} aria-describedby="buy-message"
      onClick=${() => buying.press(item.sku, quantity)}>
      ${going && html`<span class="spinner" aria-hidden="true"></span>`}
      <span>${going ? t('buy.going') : phase === 'upcoming' ? html`<${Soon} sale=${sale} />` : label(item, phase, quantity)}</span>
    </button>`}
    <p class="say" id="buy-message" role="status" data-testid="buy-message" data-code=${codeOf(state)} data-wrong=${state.kind === 'refused' && !own ? '' : undefined}>
      ${own && !going ? t('problem.limit_exceeded') : html`${says(state, phase, open)} ${gone(item, phase) && html`<span class="num" role="timer" aria-live="off" data-testid="next-return"><${WhenBack} items=${[item]} nextReturnAt=${sale.next_return_at} /></span>`}`}</p>
    ${going && html`<button type="button" class="link" data-testid="stop" onClick=${buying.stop}>${t('buy.stop')}</button>`}
  </div>`;
}

function Soon({ sale }) {
  return useComputed(() => t('buy.soon', { time: clockText(Date.parse(sale.starts_at) - tick.value) }));
}

function toChoices() {
  const choices = document.querySelector('.choices');
  choices.scrollIntoView({ block: 'center' });
  choices.querySelector(':checked').focus({ preventScroll: true });
}

// gone tells whether an item is sold out in a sale that goes on.
export const gone = (item, phase) => (phase === 'live' || phase === 'sold_out') && item.available <= 0;

function label(item, phase, quantity) {
  if (phase === 'paused') return t('buy.paused');
  if (phase === 'ended') return t('buy.ended');
  if (phase === 'sold_out' || item.available <= 0) return t('buy.sold_out');
  return t('buy.for', { price: money(item.price * quantity, item.currency) });
}

const codeOf = (state) => (state.kind === 'refused' ? state.problem.code : state.kind === 'going' && state.code ? state.code : undefined);

function says(state, phase, open) {
  switch (state.kind) {
    case 'going': {
      if (!state.code) return '';
      const name = state.code === 'unavailable' && phase === 'paused' ? 'trying.paused' : `trying.${state.code}`;
      return `${has(name) ? t(name) : t('buy.going')} ${t('trying.times', { n: state.tries })}`;
    }
    case 'refused': return problemText(state.problem);
    default:
      // What can be said of a button depends on whether it can be pressed.
      if (open) return state.kind === 'stopped' ? t('buy.stopped') : t('buy.fair');
      return phase === 'upcoming' ? t('buy.ready') : '';
  }
}
