// A picture of an item; a drawn one, always the same for the same SKU, where it
// has none or it does not load.

import { html, useState } from '../lib/html.js';

function hash(text) {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16777619) >>> 0;
  return h;
}

// Hues that go well together; chance alone finds garish ones.
const pairs = [[12, 340], [28, 8], [210, 250], [190, 225], [265, 310], [330, 275], [175, 205], [350, 20], [225, 280], [155, 190]];

let made = 0; // ids of gradients must differ within a page

function Drawing({ sku }) {
  const [id] = useState(() => `art-${++made}`);
  const h = hash(sku);
  const [hue, second] = pairs[h % pairs.length];
  const tone = (of, s, l) => `hsl(${of} ${s}% ${l}%)`;
  const x = 60 + (h >>> 4) % 280;
  const y = 40 + (h >>> 12) % 120;
  return html`<svg viewBox="0 0 400 300" class="art" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    <defs><linearGradient id=${id} x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color=${tone(hue, 74, 68)} /><stop offset="1" stop-color=${tone(second, 62, 46)} /></linearGradient></defs>
    <rect width="400" height="300" fill=${`url(#${id})`} />
    ${[[70, 0.35], [120, 0.25], [180, 0.18], [250, 0.12]].map(([r, opacity]) => html`<circle cx=${x} cy=${y} r=${r} fill="none" stroke="#fff" stroke-width="1.5" opacity=${opacity} />`)}
    <g transform="translate(200 152) scale(.78) translate(-200 -164)">
      <ellipse cx="200" cy="244" rx="96" ry="16" fill="#000" opacity=".18" />
      <path d="M200 78 282 118 200 158 118 118Z" fill=${tone(hue, 60, 95)} />
      <path d="M118 118 200 158V246L118 206Z" fill=${tone(hue, 55, 84)} />
      <path d="M282 118 200 158V246L282 206Z" fill=${tone(second, 50, 72)} />
      <path d="M147 103 229 143V167L246 159V135L164 95Z" fill="#fff" opacity=".55" />
    </g>
  </svg>`;
}

// Another host's picture is not loaded: it would tell that host who looks, and
// the page's policy forbids it.
export function own(address) {
  try { return Boolean(address) && new URL(address, location.href).origin === location.origin; } catch { return false; }
}

export function Picture({ src, sku, eager = false }) {
  const [broken, setBroken] = useState('');
  if (!own(src) || broken === src) return html`<${Drawing} sku=${sku} />`;
  return html`<img src=${src} alt="" class="art" decoding="async" loading=${eager ? 'eager' : 'lazy'} onError=${() => setBroken(src)} />`;
}
