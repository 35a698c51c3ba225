// The commitment to a draw's entries, as this browser saw it before the random number was
// known.

import { now } from '../lib/clock.js';
import { keepFirst } from '../lib/seen.js';

// keepSeen keeps the commitment of a draw that is still to come.
export function keepSeen({ sale_id: sale, commitment }) {
  if (!commitment || now() >= Date.parse(commitment.round_at)) return;
  const { root, entries, round } = commitment;
  keepFirst(sale, { root, entries, round });
}
