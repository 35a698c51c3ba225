// A price, with the list price that it is held against.

import { html } from '../lib/html.js';
import { money } from '../lib/format.js';
import { language, locale, number, t } from '../lib/i18n.js';

// Rounded so that it never says more than it is. Chinese counts the tenths that are
// to be paid, other languages what is taken off.
function reduction(price, list) {
  const paid = Math.ceil((100 * price) / list); // percent
  if (paid >= 100) return '';
  return language.value === 'zh' ? number(paid / 10) : new Intl.NumberFormat(locale.value, { style: 'percent' }).format(1 - paid / 100);
}

export function Price({ item, from = false }) {
  const price = money(item.price, item.currency);
  const says = from ? t('home.from', { price }) : price;
  if (!item.list_price) return html`<p class="price"><span data-testid="price">${says}</span></p>`;
  const off = reduction(item.price, item.list_price);
  return html`<p class="price">
    <span class="unseen">${t('price.now')} </span><span data-testid="price">${says}</span>
    <del data-testid="list-price"><span class="unseen">${t('price.list')} </span>${money(item.list_price, item.currency)}</del>
    ${off && html`<span class="off">${t('price.off', { off })}</span>`}
  </p>`;
}
