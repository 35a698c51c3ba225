// Times as an operator needs them, on all pages in one form: 24 hours, to the second,
// the year where it is another one. They are in the browser's zone, which the page
// names once.

import { computed } from '../lib/html.js';
import { locale } from '../lib/i18n.js';

const formats = new Map();
const anew = computed(() => { formats.clear(); return locale.value; });
const ofDay = { hour: '2-digit', minute: '2-digit', second: '2-digit' };

function format(options) {
  const tag = anew.value;
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(tag, { hourCycle: 'h23', ...options }));
  return formats.get(key);
}

// clock gives a time of day, of a time as text or in ms.
export const clock = (time) => format(ofDay).format(new Date(time));

// moment gives a day and a time.
export function moment(time) {
  const at = new Date(time);
  return format({ month: 'short', day: 'numeric', ...ofDay, ...(at.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }) }).format(at);
}

// span gives a window, the day once where it is one day.
export function span(from, to) {
  const oneDay = new Date(from).toDateString() === new Date(to).toDateString();
  return `${moment(from)} – ${oneDay ? clock(to) : moment(to)}`;
}

// zone names the browser's own: Asia/Shanghai, UTC+8.
export function zone() {
  const here = new Intl.DateTimeFormat('en', { timeZoneName: 'shortOffset' });
  const offset = here.formatToParts(new Date()).find((p) => p.type === 'timeZoneName').value.replace('GMT', 'UTC');
  const name = here.resolvedOptions().timeZone;
  return name === 'UTC' ? name : `${name}, ${offset}`;
}
