// What this tab knows of the buyer's own order in a sale, so that who comes back
// is led to it, and not to a button that will say no.

import { asBuyer, buyer } from '../lib/session.js';
import { load, perTab, save } from '../lib/storage.js';

const key = (sale) => `seckill.own.${sale}`;

export const keepOwn = (sale, order) => save(perTab, key(sale), JSON.stringify({ buyer: buyer.value, order }));

// readOwn gives the order as it is now, or null.
export async function readOwn(sale) {
  try {
    const kept = JSON.parse(load(perTab, key(sale)));
    return kept?.buyer === buyer.value ? await asBuyer(`/api/v1/orders/${kept.order}`) : null;
  } catch {
    return null; // then the server tells, if it comes to that
  }
}

const holds = new Set(['queued', 'awaiting_payment', 'paid']);

// fills tells whether an order has as many of an item as one buyer may.
export const fills = (order, item) => Boolean(order) && holds.has(order.status)
  && order.lines.some((l) => l.sku === item.sku && l.quantity >= (item.limit_per_buyer ?? 1));
