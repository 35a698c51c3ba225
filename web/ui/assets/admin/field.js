// A field with its label, a hint, and what is wrong with it.

import { html } from '../lib/html.js';

export function Field({ id, label, hint, error, testid, wide, ...input }) {
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return html`<div class=${wide ? 'field wide' : 'field'} data-wrong=${error ? '' : undefined}>
    <label for=${id}>${label}</label>
    <input id=${id} aria-invalid=${error ? 'true' : undefined} aria-describedby=${told || undefined} data-testid=${testid ?? id} ...${input} />
    ${hint && html`<p id=${`${id}-hint`} class="soft hint">${hint}</p>`}
    ${error && html`<p id=${`${id}-error`} class="error hint">${error}</p>`}
  </div>`;
}
