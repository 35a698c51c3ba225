// A price, with the list price that it is held against.

import { html } from '../lib/html.js';
import { money } from '../lib/format.js';
import { locale, t } from '../lib/i18n.js';

const percent = (share) => new Intl.NumberFormat(locale.value, { style: 'percent' }).format(share);

export function Price({ item, from = false }) {
  const price = money(item.price, item.currency);
  const says = from ? t('home.from', { price }) : price;
  if (!item.list_price) return html`<p class="price"><span data-testid="price">${says}</span></p>`;
  // Rounded down: never more than it is.
  const off = Math.floor(100 * (1 - item.price / item.list_price)) / 100;
  return html`<p class="price">
    <span class="unseen">${t('price.now')} </span><span data-testid="price">${says}</span>
    <del data-testid="list-price"><span class="unseen">${t('price.list')} </span>${money(item.list_price, item.currency)}</del>
    ${off > 0 && html`<span class="off">${t('price.off', { percent: percent(off) })}</span>`}
  </p>`;
}
