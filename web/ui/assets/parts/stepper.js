// How many.

import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';

export function Stepper({ value, most, onChange, disabled, label }) {
  const step = (to) => () => onChange(Math.min(Math.max(to, 1), most));
  return html`<div class="stepper" role="group" aria-label=${label}>
    <button type="button" class="step" aria-label=${t('quantity.less')} data-testid="less" disabled=${disabled || value <= 1} onClick=${step(value - 1)}>−</button>
    <output class="step-value" aria-live="polite" data-testid="quantity">${number(value)}</output>
    <button type="button" class="step" aria-label=${t('quantity.more')} data-testid="more" disabled=${disabled || value >= most} onClick=${step(value + 1)}>+</button>
  </div>`;
}
