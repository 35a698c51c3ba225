// Titles and pictures for the lines of orders, which name their items by SKU.

import { call } from '../lib/api.js';
import { signal } from '../lib/html.js';

const known = new Map();

// saleOf gives a signal of a sale, which is null until it is known; it may stay so.
export function saleOf(id) {
  if (!known.has(id)) {
    const sale = signal(null);
    known.set(id, sale);
    call(`/api/v1/sales/${id}`).then((read) => { sale.value = read; }, () => known.delete(id));
  }
  return known.get(id);
}

export const itemOf = (order, sku) => saleOf(order.sale_id).value?.items.find((i) => i.sku === sku) ?? { sku, title: sku };
