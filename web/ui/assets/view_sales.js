// All sales that a buyer may see.

import { call } from './api.js';
import { el, setText } from './dom.js';
import { every, now } from './clock.js';
import { clockText, money, when } from './format.js';
import { picture } from './art.js';
import { loading, notice, phasePill, setPhase } from './parts.js';
import { phaseNow } from './sale_phase.js';
import { t } from './texts.js';

const lookAgain = 15_000; // ms

export function salesView({ root, setTitle }) {
  setTitle('');
  const list = el('div', { class: 'sales', 'data-testid': 'sales' }, loading());
  root.append(el('div', { class: 'intro' }, el('h1', null, t.salesTitle), el('p', { class: 'lead' }, t.salesLead)), list);
  let ticks = [];
  let shown = '';

  async function look() {
    try {
      const { sales } = await call('/api/v1/sales');
      const key = JSON.stringify(sales.map((s) => ({ ...s, now: null })));
      if (key === shown) return;
      shown = key;
      ticks = [];
      list.replaceChildren(...(sales.length > 0 ? sales.map((s) => card(s, ticks)) : [empty()]));
      for (const tick of ticks) tick();
    } catch (problem) {
      if (!shown) list.replaceChildren(notice(problem, look));
    }
  }
  look();
  const stopLooking = every(lookAgain, () => { if (!document.hidden && shown) look(); });
  const stopTicking = every(500, () => { for (const tick of ticks) tick(); });
  return () => { stopLooking(); stopTicking(); };
}

const empty = () => el('div', { class: 'empty' }, el('p', null, t.salesNone), el('p', { class: 'soft' }, t.salesNoneLead));

function card(sale, ticks) {
  const items = sale.items ?? [];
  const pill = phasePill(sale.status);
  const time = el('span', { class: 'sale-time' });
  let phase = null;
  ticks.push(() => {
    const present = phaseNow(sale, now());
    if (present !== phase) {
      phase = present;
      setPhase(pill, phase);
    }
    setText(time, timeText(sale, phase));
  });
  const cheapest = items.reduce((least, i) => (least === null || i.price < least.price ? i : least), null);
  return el('a', { class: 'sale-card', href: `/sales/${sale.id}`, 'data-link': true, 'data-testid': 'sale', 'data-sale': sale.id },
    el('div', { class: 'sale-art' }, items.length > 0 ? picture(items[0]) : null, pill),
    el('div', { class: 'sale-text' },
      el('h2', null, sale.name),
      el('p', { class: 'sale-meta' }, time, items.length > 0 ? el('span', null, t.items(items.length)) : null),
      cheapest ? el('p', { class: 'price' }, items.length > 1 ? el('small', null, t.from(money(cheapest.price, cheapest.currency))) : money(cheapest.price, cheapest.currency)) : null));
}

function timeText(sale, phase) {
  if (phase === 'ended') return t.endedAt(when(sale.ends_at));
  if (phase !== 'upcoming') return t.endsAt(when(sale.ends_at));
  const left = Date.parse(sale.starts_at) - now();
  return left < 24 * 3600_000 ? `${t.opensIn} ${clockText(left)}` : t.opensAt(when(sale.starts_at));
}
