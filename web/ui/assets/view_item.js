// One item of a sale: picture, price, what is left, how many, and the button.

import { el, setAttr, setText } from './dom.js';
import { clockText, money, number } from './format.js';
import { picture } from './art.js';
import { t } from './texts.js';

export function itemCard(item, onBuy) {
  const most = item.limit_per_buyer ?? 1;
  let quantity = 1;
  const stock = el('span', { class: 'stock', 'data-testid': 'stock' });
  const label = el('span');
  const button = el('button', { type: 'button', class: 'button main buy', 'data-testid': 'buy', 'data-sku': item.sku, onclick: () => onBuy(quantity) },
    el('span', { class: 'spinner', 'aria-hidden': 'true' }), label);
  const line = el('p', { class: 'say', role: 'status', 'data-testid': 'buy-message' });
  const stop = el('button', { type: 'button', class: 'link', hidden: true }, t.stop);
  const stepper = most > 1 ? quantityStepper(item, most, (n) => { quantity = n; }) : null;

  const node = el('article', { class: 'item', 'data-testid': 'item', 'data-sku': item.sku, 'aria-labelledby': `item-${item.sku}` },
    el('div', { class: 'item-art' }, picture(item)),
    el('div', { class: 'item-text' },
      el('h2', { id: `item-${item.sku}` }, item.title),
      el('div', { class: 'item-row' }, el('p', { class: 'price', 'data-testid': 'price' }, money(item.price, item.currency)), stepper?.node),
      el('p', { class: 'item-meta' }, stock, el('span', null, t.limit(most))),
      el('div', { class: 'item-buy' }, button, line, stop)));

  return {
    node,
    update(present, { phase, starts, busy }) {
      const open = phase === 'live' && present.available > 0;
      // A unit has come back: the refusal does not stand any more.
      if (open && line.dataset.code === 'sold_out') this.say('');
      setText(stock, phase === 'upcoming' ? t.planned(number(present.available)) : phase === 'ended' ? '' : present.available > 0 ? t.left(number(present.available)) : t.phase.sold_out);
      setAttr(stock, 'data-low', phase === 'live' && present.available > 0 && present.available <= 10);
      setText(label, buttonText(present, { phase, starts, quantity, going: node.classList.contains('going') }));
      button.disabled = busy || !open;
      setAttr(button, 'data-armed', open && !busy);
      stepper?.setDisabled(busy || phase === 'ended');
    },
    // say shows one line below the button; with `busy` the button turns.
    say(text, { busy = false, wrong = false, code = '', stop: onStop } = {}) {
      node.classList.toggle('going', busy);
      node.classList.toggle('wrong', wrong);
      setText(line, text);
      setAttr(line, 'data-code', code);
      if (onStop) stop.onclick = onStop;
      stop.hidden = !busy;
    },
  };
}

function buttonText(item, { phase, starts, quantity, going }) {
  if (going) return t.buying;
  if (phase === 'upcoming') return t.buySoon(clockText(starts));
  if (phase === 'paused') return t.buyPaused;
  if (phase === 'ended') return t.buyEnded;
  if (phase === 'sold_out' || item.available <= 0) return t.buySoldOut;
  return quantity > 1 ? t.buyFor(money(item.price * quantity, item.currency)) : t.buy;
}

function quantityStepper(item, most, onChange) {
  let n = 1;
  let off = false;
  const value = el('output', { class: 'step-value', 'aria-live': 'polite', 'data-testid': 'quantity' }, '1');
  const less = el('button', { type: 'button', class: 'step', 'aria-label': t.less, 'data-testid': 'less', onclick: () => set(n - 1) }, '−');
  const more = el('button', { type: 'button', class: 'step', 'aria-label': t.more, 'data-testid': 'more', onclick: () => set(n + 1) }, '+');
  function set(to) {
    n = Math.min(Math.max(to, 1), most);
    setText(value, String(n));
    paint();
    onChange(n);
  }
  function paint() {
    less.disabled = off || n <= 1;
    more.disabled = off || n >= most;
  }
  paint();
  return {
    node: el('div', { class: 'stepper', role: 'group', 'aria-label': `${t.quantity}: ${item.title}` }, less, value, more),
    setDisabled(to) { if (off !== to) { off = to; paint(); } },
  };
}
