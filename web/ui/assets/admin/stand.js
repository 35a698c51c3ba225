// Where a sale stands for its operator, in one word: its state and what buyers see of
// it, which would say the same twice.

import { useComputed } from '../lib/html.js';
import { now, tick } from '../lib/clock.js';

// useSecond is the server's time, anew each second.
export const useSecond = () => useComputed(() => Math.floor(tick.value / 1000) * 1000).value;

export function standOf(sale, at = now()) {
  if (sale.state === 'draft') return 'draft';
  if (sale.state === 'closed' || at >= Date.parse(sale.ends_at)) return 'over';
  if (sale.state !== 'ready') return sale.state;
  if (at < Date.parse(sale.starts_at)) return 'upcoming';
  // Should be live, and is not in Redis.
  if (sale.phase === 'paused') return 'recovering';
  return sale.phase === 'sold_out' ? 'sold_out' : 'live';
}

// closedEarly tells whether a sale was over before its end.
export const closedEarly = (sale) => Boolean(sale.ended_at) && Date.parse(sale.ended_at) < Date.parse(sale.ends_at);

const opens = (sale) => Date.parse(sale.starts_at);
const ended = (sale) => Date.parse(sale.ended_at ?? sale.ends_at);

// What runs, what comes, what is being written, what was.
function rank(sale, at) {
  const stand = standOf(sale, at);
  if (stand === 'over') return 3;
  if (stand === 'draft') return 2;
  return at < opens(sale) ? 1 : 0;
}

// inOrder puts what runs first, then what comes next, then drafts, then what was over
// last.
export function inOrder(sales, at) {
  return sales.map((sale) => ({ sale, rank: rank(sale, at) }))
    .sort((a, b) => a.rank - b.rank || (a.rank === 3 ? ended(b.sale) - ended(a.sale) : opens(a.sale) - opens(b.sale)))
    .map(({ sale }) => sale);
}
