// Where the units of goods are, as a picture; the numbers stand beside it.

import { html } from '../lib/html.js';

export const places = ['available', 'reserved', 'allotted', 'sold'];

export function GoodsBar({ goods }) {
  const all = Math.max(1, goods.on_hand + goods.sold);
  let x = 0;
  return html`<svg class="units" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" class="units-none" />${places.toReversed().map((p) => {
    const width = 100 * goods[p] / all;
    const at = x;
    x += width;
    return html`<rect key=${p} x=${at} width=${width} height="8" class=${`units-${p}`} />`;
  })}</svg>`;
}
