// One sale: its clock, its items, and the button.

import { call } from './api.js';
import { announce, el, setAttr, setText } from './dom.js';
import { every, now } from './clock.js';
import { when } from './format.js';
import { backLink, bigCountdown, loading, notice, phasePill, setPhase } from './parts.js';
import { phaseNow } from './sale_phase.js';
import { itemCard } from './view_item.js';
import { attemptAt, buy } from './purchase.js';
import { problemText, t } from './texts.js';

// How long until the sale is read again, in ms by phase. Chance is added, so
// that a crowd that came together does not ask together.
const lookAgain = { upcoming: 20_000, live: 3_000, sold_out: 4_000, paused: 3_000, ended: 60_000 };

export function saleView({ root, id, go, setTitle }) {
  const page = { sale: null, phase: null, buying: null, cards: new Map(), go, id };
  let timer = null;
  let left = false;
  root.append(backLink('/', t.back), loading());

  async function look() {
    clearTimeout(timer);
    try {
      const sale = await call(`/api/v1/sales/${id}`);
      if (left) return;
      if (!page.sale) {
        setTitle(sale.name);
        build(root, page, sale);
      }
      page.sale = sale;
      update(page);
      if (!page.resumed) resume(page);
    } catch (problem) {
      if (left) return;
      if (!page.sale) root.replaceChildren(backLink('/', t.back), notice(problem, look));
    }
    lookIn((lookAgain[page.phase] ?? 5_000) * (0.75 + Math.random() / 2));
  }
  function lookIn(ms) {
    clearTimeout(timer);
    timer = setTimeout(() => (document.hidden ? null : look()), ms);
  }
  // What was read before the start may be old; the crowd asks spread over time.
  page.opened = () => lookIn(200 + Math.random() * 2_000);
  const seen = () => { if (!document.hidden) look(); };
  document.addEventListener('visibilitychange', seen);
  look();
  const stopTicking = every(100, () => { if (page.sale) update(page); });
  return () => {
    left = true;
    clearTimeout(timer);
    stopTicking();
    document.removeEventListener('visibilitychange', seen);
    page.buying?.abort();
  };
}

function build(root, page, sale) {
  page.pill = phasePill(sale.status);
  page.caption = el('p', { class: 'count-caption' });
  page.count = bigCountdown();
  page.lead = el('p', { class: 'lead' });
  page.result = el('div', { class: 'result', 'aria-live': 'assertive' });
  for (const item of sale.items) page.cards.set(item.sku, itemCard(item, (quantity) => press(page, item.sku, quantity)));
  root.replaceChildren(
    backLink('/', t.back),
    el('section', { class: 'hero', 'aria-labelledby': 'sale-name' },
      el('div', { class: 'hero-text' }, page.pill, el('h1', { id: 'sale-name' }, sale.name), page.lead),
      el('div', { class: 'hero-count' }, page.caption, page.count.node)),
    page.result,
    el('div', { class: sale.items.length === 1 ? 'items single' : 'items' }, [...page.cards.values()].map((c) => c.node)));
}

// update brings everything to the present second; it runs ten times a second so
// that the button arms itself when the sale opens, without asking the server.
function update(page) {
  const { sale } = page;
  const at = now();
  const phase = phaseNow(sale, at);
  if (phase !== page.phase) {
    if (page.phase === 'upcoming' && phase === 'live') {
      announce(t.open);
      page.opened();
    }
    page.phase = phase;
    setPhase(page.pill, phase);
    setText(page.lead, leadText(sale, phase));
  }
  const starts = Date.parse(sale.starts_at) - at;
  const ends = Date.parse(sale.ends_at) - at;
  const target = starts > 0 ? starts : ends;
  setText(page.caption, phase === 'ended' ? t.endedAt(when(sale.ends_at)) : starts > 0 ? `${t.opensIn} · ${when(sale.starts_at)}` : t.endsIn);
  setAttr(page.count.node, 'hidden', phase === 'ended');
  page.count.set(target);
  for (const item of sale.items) page.cards.get(item.sku)?.update(item, { phase, starts, busy: page.buying !== null });
}

function leadText(sale, phase) {
  const hold = sale.hold_seconds >= 60 ? t.minutes(Math.round(sale.hold_seconds / 60)) : t.seconds(sale.hold_seconds);
  return { paused: t.pausedLead, sold_out: t.soldOutLead, ended: t.endedLead }[phase] ?? t.holdLead(hold);
}

// press is the click: feedback first, then the network.
async function press(page, sku, quantity) {
  if (page.buying) return;
  const card = page.cards.get(sku);
  const trying = page.buying = new AbortController();
  page.result.replaceChildren();
  card.say(t.buying, { busy: true, stop: () => trying.abort() });
  update(page);
  try {
    const order = await buy(page.id, [{ sku, quantity }], {
      signal: trying.signal,
      report: (problem) => card.say(t.trying[problem.code] ?? t.buying, { busy: true, code: problem.code }),
    });
    page.go(`/orders/${order.order_id}`, { order });
  } catch (problem) {
    if (trying.signal.aborted) card.say(t.stopped);
    else refused(page, card, sku, problem);
  } finally {
    page.buying = null;
    update(page);
  }
}

function refused(page, card, sku, problem) {
  if (problem.code === 'limit_exceeded') {
    const own = problem.body.order_id;
    return page.go(own ? `/orders/${own}` : '/orders', { notice: own ? t.limitNotice : problemText(problem) });
  }
  if (problem.code === 'sold_out') {
    const item = page.sale.items.find((i) => i.sku === sku);
    if (item) item.available = 0;
  }
  if (problem.code === 'ended') page.sale.status = 'ended';
  card.say(problemText(problem), { wrong: true, code: problem.code });
}

// resume goes on with a click that got no answer before the page was reloaded:
// asking again with its key is the only way to learn what became of it.
function resume(page) {
  page.resumed = true;
  const attempt = attemptAt(page.id);
  const [line] = attempt?.lines ?? [];
  if (line && page.cards.has(line.sku)) press(page, line.sku, line.quantity);
}
