// The phase of a sale moves on by the clock between two readings: the server
// said "upcoming" some time ago, and its start has come since. Whether anything
// is left the next reading tells; each item's own button knows what it had.

export function phaseNow(sale, at) {
  if (sale.status === 'ended' || at >= Date.parse(sale.ends_at)) return 'ended';
  if (sale.status === 'upcoming' && at >= Date.parse(sale.starts_at)) return 'live';
  return sale.status;
}
