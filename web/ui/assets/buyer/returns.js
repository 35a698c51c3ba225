// What a buyer can hope for when an item is sold out: units that others hold and
// have not paid for, and when the first of them may come back.

import { html, useComputed, useEffect, useRef } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { tick } from '../lib/clock.js';
import { clockText } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Icon } from '../parts/icon.js';

// whenBack says when a unit of these items may come back.
export function whenBack(items, nextReturnAt, now) {
  if (items.every((i) => i.held === 0)) return t('returns.never');
  if (!nextReturnAt) return t('returns.unpaid');
  const left = Date.parse(nextReturnAt) - now;
  return left > 0 ? t('returns.next', { time: clockText(left) }) : t('returns.soon');
}

export function WhenBack({ items, nextReturnAt }) {
  return useComputed(() => whenBack(items, nextReturnAt, tick.value));
}

// waiting is a signal of the SKU of which the buyer wants to be told, or ''.
export function Returns({ item, waiting }) {
  const on = waiting.value === item.sku;
  return html`<section class="returns" data-testid="returns">
    <h3>${t('returns.title')}</h3>
    ${item.held > 0 && html`<p data-testid="held">${t('returns.held', { n: item.held })}</p>`}
    <label class="switch"><input type="checkbox" role="switch" checked=${on} data-testid="tell-me"
      onChange=${(event) => { waiting.value = event.currentTarget.checked ? item.sku : ''; if (event.currentTarget.checked) bell.ready(); }} />
      <span>${t('returns.tell')}</span></label>
    ${on && html`<p class="soft">${t('returns.on')}</p>`}
  </section>`;
}

// useReturn tells the buyer, once, when the item that they wait for is back.
export function useReturn(item, waiting, back) {
  const before = useRef(null);
  useEffect(() => {
    const was = before.current;
    before.current = { sku: item.sku, left: item.available };
    if (!was || was.sku !== item.sku || was.left > 0 || item.available <= 0 || waiting.value !== item.sku) return;
    waiting.value = '';
    back.value = item.sku;
    bell.ring();
    announce(t('returns.back'));
    const timer = setTimeout(() => { back.value = ''; }, 12_000);
    return () => clearTimeout(timer);
  }, [item.sku, item.available]);
}

export function BackToast({ back }) {
  if (!back.value) return null;
  return html`<div class="toast" role="status" data-testid="is-back"><${Icon} name="bell" />${t('returns.back')}</div>`;
}

// bell makes a short sound. A browser lets a page sound only after a touch of it,
// so it is made ready when the switch is.
export const bell = {
  context: null,
  ready() {
    try { this.context ??= new AudioContext(); this.context.resume(); } catch { /* then it is silent */ }
  },
  ring() {
    // Who has not touched the page since it was loaded would have it as an error.
    if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.([120, 60, 120]);
    if (!this.context) return;
    [880, 1320].forEach((pitch, i) => {
      const from = this.context.currentTime + i * 0.16;
      const tone = new OscillatorNode(this.context, { frequency: pitch });
      const volume = new GainNode(this.context, { gain: 0 });
      volume.gain.linearRampToValueAtTime(0.25, from + 0.01);
      volume.gain.exponentialRampToValueAtTime(0.001, from + 0.4);
      tone.connect(volume).connect(this.context.destination);
      tone.start(from);
      tone.stop(from + 0.45);
    });
  },
};
