// A big clock that runs down. A screen reader reads it when asked, and is not
// told each second.

import { html, useComputed } from '../lib/html.js';
import { tick } from '../lib/clock.js';
import { parts } from '../lib/format.js';
import { t } from '../lib/i18n.js';

// The signals go into the page by themselves: a second touches one text.
export function Countdown({ to }) {
  const left = useComputed(() => parts(to - tick.value));
  return html`<div class="count" role="timer" aria-live="off" data-testid="countdown">
    ${['days', 'hours', 'minutes', 'seconds'].map((unit) => html`<${Cell} key=${unit} unit=${unit} left=${left} />`)}
  </div>`;
}

function Cell({ unit, left }) {
  const value = useComputed(() => left.value[unit]);
  const none = useComputed(() => unit === 'days' && left.value.days === '0');
  return html`<span class="count-cell" hidden=${none}><span class="count-value">${value}</span><span class="count-unit">${t(`unit.${unit}`)}</span></span>`;
}
