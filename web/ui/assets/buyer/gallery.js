// The pictures of an item.

import { html, useEffect, useState } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { own, Picture } from '../parts/picture.js';

export function Gallery({ item }) {
  const pictures = [item.image_url, ...(item.images ?? [])].filter(own);
  const [shown, show] = useState(0);
  useEffect(() => show(0), [item.sku]);
  const at = Math.min(shown, Math.max(pictures.length - 1, 0));
  return html`<section class="gallery" aria-label=${t('sale.pictures', { title: item.title })}>
    <div class="gallery-main"><${Picture} key=${item.sku + at} src=${pictures[at]} sku=${item.sku} eager /></div>
    ${pictures.length > 1 && html`<div class="thumbs">${pictures.map((src, i) => html`
      <button type="button" class="thumb" key=${src} aria-pressed=${i === at} data-testid="thumb" onClick=${() => show(i)}
        aria-label=${t('sale.picture', { i: i + 1, n: pictures.length })}><${Picture} src=${src} sku=${item.sku} /></button>`)}</div>`}
  </section>`;
}
