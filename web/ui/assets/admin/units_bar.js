// Where units are, as a picture: parts, by their names, of all. The numbers stand beside it.

import { html } from '../lib/html.js';

export function UnitsBar({ parts, of, all }) {
  let x = 0;
  return html`<svg class="units" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" class="units-none" />${parts.toReversed().map((p) => {
    const width = Math.max(0, 100 * of[p] / Math.max(1, all));
    const at = x;
    x += width;
    return html`<rect key=${p} x=${at} width=${width} height="8" class=${`units-${p}`} />`;
  })}</svg>`;
}
