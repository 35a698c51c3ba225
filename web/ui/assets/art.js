// A picture for an item that has none: always the same for the same SKU.

import { el, svg } from './dom.js';

function hash(text) {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16777619) >>> 0;
  return h;
}

// Hues that go well together; chance alone finds garish ones.
const pairs = [[12, 340], [28, 8], [210, 250], [190, 225], [265, 310], [330, 275], [175, 205], [350, 20], [225, 280], [155, 190]];

let made = 0; // ids of gradients must differ within a page

function placeholder(sku) {
  const h = hash(sku);
  const [hue, second] = pairs[h % pairs.length];
  const id = `art-${++made}`;
  const tone = (hue, s, l) => `hsl(${hue} ${s}% ${l}%)`;
  const ring = (r, opacity) => svg('circle', { cx: 60 + (h >>> 4) % 280, cy: 40 + (h >>> 12) % 120, r, fill: 'none', stroke: '#fff', 'stroke-width': 1.5, opacity });
  return svg('svg', { viewBox: '0 0 400 300', class: 'art', preserveAspectRatio: 'xMidYMid slice', 'aria-hidden': 'true' },
    svg('defs', null, svg('linearGradient', { id, x1: 0, y1: 0, x2: 1, y2: 1 },
      svg('stop', { offset: 0, 'stop-color': tone(hue, 74, 68) }),
      svg('stop', { offset: 1, 'stop-color': tone(second, 62, 46) }))),
    svg('rect', { width: 400, height: 300, fill: `url(#${id})` }),
    ring(70, 0.35), ring(120, 0.25), ring(180, 0.18), ring(250, 0.12),
    // Small enough to be whole where the picture is cut to a narrow strip.
    svg('g', { transform: 'translate(200 152) scale(.78) translate(-200 -164)' },
      svg('ellipse', { cx: 200, cy: 244, rx: 96, ry: 16, fill: '#000', opacity: 0.18 }),
      svg('path', { d: 'M200 78 282 118 200 158 118 118Z', fill: tone(hue, 60, 95) }),
      svg('path', { d: 'M118 118 200 158V246L118 206Z', fill: tone(hue, 55, 84) }),
      svg('path', { d: 'M282 118 200 158V246L282 206Z', fill: tone(second, 50, 72) }),
      svg('path', { d: 'M147 103 229 143V167L246 159V135L164 95Z', fill: '#fff', opacity: 0.55 })));
}

// Another host's picture is not loaded: it would tell that host who looks, and
// the page's policy forbids it.
function own(address) {
  try { return address && new URL(address, location.href).origin === location.origin; } catch { return false; }
}

export function picture(item) {
  if (!own(item.image_url)) return placeholder(item.sku);
  const image = el('img', { src: item.image_url, alt: '', class: 'art', loading: 'lazy', decoding: 'async' });
  image.addEventListener('error', () => image.replaceWith(placeholder(item.sku)), { once: true });
  return image;
}
