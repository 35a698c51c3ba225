// Money and times for people.

import { computed } from './html.js';
import { locale } from './i18n.js';

// How many digits of an amount follow the point, where it is not two: ISO 4217 as the
// service has it. Browsers show fewer for some currencies, by what coins there are.
const digits = { 0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF', 3: 'BHD IQD JOD KWD LYD OMR TND', 4: 'CLF UYW' };
export const places = (currency) => Number(Object.keys(digits).find((n) => digits[n].split(' ').includes(currency)) ?? 2);

const currencies = computed(() => { locale.value; return new Map(); });

function formatOf(currency) {
  const n = places(currency);
  const shown = { minimumFractionDigits: n, maximumFractionDigits: n };
  try {
    return new Intl.NumberFormat(locale.value, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...shown });
  } catch { // a payment may name what is no currency
    const number = new Intl.NumberFormat(locale.value, shown);
    return { format: (amount) => `${number.format(amount)} ${currency}` };
  }
}

// Amounts are integers in minor units; how many make one is the currency's.
export function money(minor, currency) {
  const known = currencies.value;
  if (!known.has(currency)) known.set(currency, formatOf(currency));
  return known.get(currency).format(minor / 10 ** places(currency));
}

const moments = computed(() => ({
  day: new Intl.DateTimeFormat(locale.value, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  time: new Intl.DateTimeFormat(locale.value, { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
}));
// when gives a day and a time; clockTime a time of day alone.
export const when = (iso) => moments.value.day.format(new Date(iso));
export const clockTime = (iso) => moments.value.time.format(new Date(iso));

const two = (n) => String(n).padStart(2, '0');

// parts splits what is left; it is rounded up, so that zero means over.
export function parts(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return { days: String(Math.floor(s / 86400)), hours: two(Math.floor(s / 3600) % 24), minutes: two(Math.floor(s / 60) % 60), seconds: two(s % 60) };
}

// clockText writes what is left as 4:05 or 26:04:05.
export function clockText(ms) {
  const p = parts(ms);
  const hours = p.days * 24 + Number(p.hours);
  return (hours > 0 ? `${hours}:` : '') + `${p.minutes}:${p.seconds}`;
}
