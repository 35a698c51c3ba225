// The button, and one line about what goes on.

import { html, useComputed } from '../lib/html.js';
import { tick } from '../lib/clock.js';
import { clockText, money } from '../lib/format.js';
import { has, t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';

export function BuyArea({ sale, item, phase, quantity, buying }) {
  const state = buying.state.value;
  const going = state.kind === 'going';
  const open = phase === 'live' && item.available > 0;
  const soon = useComputed(() => t('buy.soon', { time: clockText(Date.parse(sale.starts_at) - tick.value) }));
  return html`<div class="buy-area">
    <button type="button" class="button main buy" data-testid="buy" data-sku=${item.sku} disabled=${going || !open}
      data-armed=${open && !going ? '' : undefined} data-going=${going ? '' : undefined} aria-describedby="buy-message"
      onClick=${() => buying.press(item.sku, quantity)}>
      ${going && html`<span class="spinner" aria-hidden="true"></span>`}
      <span>${going ? t('buy.going') : phase === 'upcoming' ? soon : label(item, phase, quantity)}</span>
    </button>
    <p class="say" id="buy-message" role="status" data-testid="buy-message" data-code=${codeOf(state)} data-wrong=${state.kind === 'refused' ? '' : undefined}>
      ${says(state, phase)}</p>
    ${going && html`<button type="button" class="link" data-testid="stop" onClick=${buying.stop}>${t('buy.stop')}</button>`}
  </div>`;
}

function label(item, phase, quantity) {
  if (phase === 'paused') return t('buy.paused');
  if (phase === 'ended') return t('buy.ended');
  if (phase === 'sold_out' || item.available <= 0) return t('buy.sold_out');
  return t('buy.for', { price: money(item.price * quantity, item.currency) });
}

const codeOf = (state) => (state.kind === 'refused' ? state.problem.code : state.kind === 'going' && state.code ? state.code : undefined);

function says(state, phase) {
  switch (state.kind) {
    case 'going': {
      if (!state.code) return '';
      const name = state.code === 'unavailable' && phase === 'paused' ? 'trying.paused' : `trying.${state.code}`;
      return `${has(name) ? t(name) : t('buy.going')} ${t('trying.times', { n: state.tries })}`;
    }
    case 'stopped': return t('buy.stopped');
    case 'refused': return problemText(state.problem);
    default: return phase === 'upcoming' ? t('buy.ready') : phase === 'live' ? t('buy.fair') : '';
  }
}
