// The commitment that this browser saw before what it commits to was known. Whoever has
// kept it can tell that the shop has not made another one since.

import { now } from './clock.js';
import { load, perBrowser, save } from './storage.js';

const key = (sale) => `seckill.commitment.${sale}`;

export function seenBefore(sale) {
  try { return JSON.parse(load(perBrowser, key(sale))); } catch { return null; }
}

// keepFirst keeps what was seen of a sale first, and when.
export function keepFirst(sale, seen) {
  if (!seenBefore(sale)) save(perBrowser, key(sale), JSON.stringify({ ...seen, at: now() }));
}
