// Times as an operator needs them: to the second, the year where it is another one.

import { computed } from '../lib/html.js';
import { locale } from '../lib/i18n.js';

const formats = new Map();
const anew = computed(() => { formats.clear(); return locale.value; });

function format(options) {
  const tag = anew.value;
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(tag, { hourCycle: 'h23', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', ...options }));
  return formats.get(key);
}

const thisYear = (...times) => times.every((at) => at.getFullYear() === new Date().getFullYear());

// moment gives a day and a time to the second.
export function moment(iso) {
  const at = new Date(iso);
  return format({ second: '2-digit', ...(thisYear(at) ? {} : { year: 'numeric' }) }).format(at);
}

// span gives a window, the day once where it is one day.
export function span(from, to) {
  const times = [new Date(from), new Date(to)];
  return format(thisYear(...times) ? {} : { year: 'numeric' }).formatRange(...times);
}
