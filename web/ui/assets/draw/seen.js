// The commitment that this browser saw before the draw. Whoever has kept it can tell that
// the shop has not made another one since, when the random number was known.

import { now } from '../lib/clock.js';
import { load, perBrowser, save } from '../lib/storage.js';

const key = (sale) => `seckill.commitment.${sale}`;

export function seenBefore(sale) {
  try { return JSON.parse(load(perBrowser, key(sale))); } catch { return null; }
}

// keepSeen keeps the commitment of a draw that is still to come, the first one alone.
export function keepSeen({ sale_id: sale, commitment }) {
  if (!commitment || seenBefore(sale) || now() >= Date.parse(commitment.round_at)) return;
  const { root, entries, round } = commitment;
  save(perBrowser, key(sale), JSON.stringify({ root, entries, round, at: now() }));
}
