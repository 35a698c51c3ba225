// Numbers and times for people.

import { locale } from './texts.js';

const formats = new Map();

// Amounts are integers in minor units; how many make one is the currency's.
export function money(minor, currency) {
  let format = formats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    formats.set(currency, format);
  }
  const digits = format.resolvedOptions().maximumFractionDigits;
  return format.format(minor / 10 ** digits);
}

const count = new Intl.NumberFormat(locale);
export const number = (n) => count.format(n);

const moment = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
export const when = (iso) => moment.format(new Date(iso));

const two = (n) => String(n).padStart(2, '0');

// parts splits what is left; it is rounded up, so that zero means over.
export function parts(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return { days: Math.floor(s / 86400), hours: two(Math.floor(s / 3600) % 24), minutes: two(Math.floor(s / 60) % 60), seconds: two(s % 60) };
}

export function clockText(ms) {
  const p = parts(ms);
  const hours = p.days * 24 + Number(p.hours);
  return (hours > 0 ? `${hours}:` : '') + `${p.minutes}:${p.seconds}`;
}
