// A field for a day and a time. The time is text, in the form that all times on these
// pages have: a browser's own field writes it in whichever way its owner is used to.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';

// TimeField takes and gives 2026-12-24T20:00:00, without a zone.
export function TimeField({ id, label, hint, error, value, onInput, onBlur }) {
  const [day, time] = value.split('T');
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  const part = (name, says, input) => html`<input aria-invalid=${error ? 'true' : undefined} aria-describedby=${told} aria-label=${`${label}: ${says}`} data-testid=${`${id}-${name}`} onBlur=${onBlur} ...${input} />`;
  const give = (to) => onInput({ currentTarget: { value: to } });
  return html`<div class="field" role="group" aria-labelledby=${`${id}-label`} data-wrong=${error ? '' : undefined}>
    <span id=${`${id}-label`} class="label">${label}</span>
    <div class="day-time">${part('day', t('admin.field.day'), { type: 'date', id, value: day, onInput: (e) => give(`${e.currentTarget.value}T${time}`) })}
      ${part('time', t('admin.field.time'), { id: `${id}-time`, value: time, maxlength: '8', placeholder: '20:00:00', onInput: (e) => give(`${day}T${e.currentTarget.value.trim()}`) })}</div>
    ${hint && html`<p id=${`${id}-hint`} class="soft hint">${hint}</p>`}
    ${error && html`<p id=${`${id}-error`} class="error hint">${error}</p>`}
  </div>`;
}
