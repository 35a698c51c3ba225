// Which item, how many, what it costs, what is left.

import { html } from '../lib/html.js';
import { money } from '../lib/format.js';
import { number, t } from '../lib/i18n.js';
import { Picture } from '../parts/picture.js';
import { Price } from '../parts/price.js';
import { gone } from './buy_area.js';

export function ItemChoice({ items, phase, chosen, onChoose, disabled }) {
  if (items.length < 2) return null;
  return html`<fieldset class="choices" disabled=${disabled}><legend>${t('sale.choose')}</legend>
    ${items.map((item) => html`<label class="choice" key=${item.sku} data-testid="item" data-sku=${item.sku} data-gone=${gone(item, phase) ? '' : undefined}>
      <input type="radio" name="item" value=${item.sku} checked=${item.sku === chosen} onChange=${() => onChoose(item.sku)} />
      <span class="choice-art"><${Picture} src=${item.image_url} sku=${item.sku} /></span>
      <span class="choice-text"><span class="clamp" title=${item.title}>${item.title}</span><small>${stockText(item, phase)}</small></span>
      <b>${money(item.price, item.currency)}</b>
    </label>`)}
  </fieldset>`;
}

// What is left of a sale that is not open yet is all of it, and of one that is over
// nothing that could be had.
function stockText(item, phase) {
  if (phase === 'upcoming') return t('item.planned', { n: item.stock });
  if (phase === 'ended') return '';
  return item.available > 0 ? t('item.left', { n: item.available }) : t('phase.sold_out');
}

export function ItemFacts({ item, phase, quantity, onQuantity, disabled }) {
  const most = item.limit_per_buyer ?? 1;
  const low = phase === 'live' && item.available > 0 && item.available <= Math.max(5, item.stock / 10);
  return html`
    <h2>${item.title}</h2>
    <${Price} item=${item} />
    ${phase !== 'ended' && html`<div class="stock" data-low=${low ? '' : undefined}>
      <p class="stock-text"><b data-testid="stock">${stockText(item, phase)}</b><span class="soft">${t('item.limit', { n: most })}</span></p>
      <progress class="meter" max=${Math.max(item.stock, 1)} value=${phase === 'upcoming' ? item.stock : item.available} aria-label=${t('item.stock')}>${number(item.available)}</progress>
    </div>`}
    ${most > 1 && phase !== 'ended' && html`<div class="row"><b>${t('quantity')}</b>
      <${Stepper} value=${quantity} most=${most} onChange=${onQuantity} disabled=${disabled} label=${`${t('quantity')}: ${item.title}`} /></div>`}`;
}

function Stepper({ value, most, onChange, disabled, label }) {
  const step = (to) => () => onChange(Math.min(Math.max(to, 1), most));
  return html`<div class="stepper" role="group" aria-label=${label}>
    <button type="button" class="step" aria-label=${t('quantity.less')} data-testid="less" disabled=${disabled || value <= 1} onClick=${step(value - 1)}>−</button>
    <output class="step-value" aria-live="polite" data-testid="quantity">${number(value)}</output>
    <button type="button" class="step" aria-label=${t('quantity.more')} data-testid="more" disabled=${disabled || value >= most} onClick=${step(value + 1)}>+</button>
  </div>`;
}
