// What a place means, in words.

import { t } from '../lib/i18n.js';

// stateOf is what the queue does; between two readings the clock opens it.
export function stateOf(sale, at) {
  if (sale.status === 'ended' || at >= Date.parse(sale.ends_at)) return 'over';
  if (sale.queue.state === 'gathering') return at < Date.parse(sale.starts_at) ? 'gathering' : 'open';
  return sale.queue.state;
}

// ahead says how many stand before the buyer.
export function ahead(place) {
  if (place.ahead === undefined) return t('queue.placing');
  return place.ahead > 0 ? t('queue.ahead', { n: place.ahead }) : t('queue.next');
}

const rough = 4; // times the least: then it is a guess

// wait says how long it takes as the range that it may be, rounded so that it promises no
// less than it knows.
export function wait({ estimate_low_seconds: low, estimate_high_seconds: high }) {
  if (high === undefined) return t('queue.wait.unknown');
  if (high < 60) return t('queue.wait.soon');
  const [unit, name] = high < 90 * 60 ? [60, 'minutes'] : [3600, 'hours'];
  const least = Math.floor(low / unit);
  const most = Math.ceil(high / unit);
  const time = t(name, { n: most });
  const range = least < 1 ? t('queue.wait.up_to', { time }) : least === most ? t('queue.wait.about', { time }) : t('queue.wait.between', { least, time });
  return high > rough * Math.max(low, 30) ? t('queue.wait.rough', { range }) : range;
}

// chances is what there is to hope for, or '' where nothing speaks against it.
export function chances(place, left) {
  if (left === 0) return t('queue.chances.none');
  return place.ahead >= left ? t('queue.chances.small') : '';
}
