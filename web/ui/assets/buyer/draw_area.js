// The button of a draw, and one line about the buyer's own entry. On a phone they stay at
// the lower edge.

import { html } from '../lib/html.js';
import { money } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { problemText } from '../lib/problem.js';
import { Link } from '../parts/link.js';

export function DrawArea({ sale, item, draw, stage }) {
  const entry = draw.entry.value;
  const problem = draw.problem.value;
  const mine = entry ? sale.items.find((i) => i.sku === entry.sku) ?? item : item;
  const busy = draw.busy.value;
  return html`<div class="buy-area" data-testid="draw" data-stage=${stage} data-status=${entry?.status}>
    <p class="buy-what" data-testid="buy-what"><span class="buy-title">${mine.title}</span><b>${money(mine.price, mine.currency)}</b></p>
    ${entry?.status === 'offered' && html`<${Link} class="button main buy" to=${`/orders/${entry.order_id}`} data-testid="offered">${open(draw) ? t('draw.pay', { price: money(mine.price, mine.currency) }) : t('waitlist.order')}<//>`}
    ${!entry && stage === 'entering' && html`<button type="button" class="button main buy" disabled=${busy} data-testid="enter" data-sku=${item.sku} aria-describedby="draw-message"
      onClick=${() => draw.enter(item.sku)}>${busy && html`<span class="spinner" aria-hidden="true"></span>`}<span>${t(busy ? 'draw.entering' : 'draw.enter')}</span></button>`}
    <p class="say" id="draw-message" role="status" data-testid="draw-message" data-code=${problem?.code} data-wrong=${problem ? '' : undefined}>
      ${problem ? wrong(problem) : html`${says(draw, stage)}${entry && sale.items.length > 1 ? ` ${t('draw.for', { title: mine.title })}` : ''}`}</p>
    ${entry?.rank && html`<p class="say" data-testid="rank">${rank(entry, mine, draw.doc.value)}</p>`}
    ${entry?.status === 'entered' && stage === 'entering' && html`<button type="button" class="link" disabled=${busy} data-testid="withdraw" onClick=${draw.leave}>${t('draw.leave')}</button>`}
  </div>`;
}

// open tells whether the order that was made of an entry can be paid, as far as is known.
const open = ({ order }) => !order.value || ['queued', 'awaiting_payment'].includes(order.value.status);

function says(draw, stage) {
  const entry = draw.entry.value;
  if (entry?.status === 'offered' && !open(draw)) return t(`status.${draw.order.value.status}.title`);
  if (entry) return t(entry.status === 'waiting' && stage === 'ended' ? 'draw.own.lapsed' : `draw.own.${entry.status}`);
  if (draw.gone.value) return t('draw.own.gone');
  return stage === 'entering' ? t('draw.once') : t('draw.late');
}

// rank tells where the buyer stands among those who want the same item.
function rank(entry, item, doc) {
  const all = doc?.items.find((i) => i.sku === entry.sku)?.entries ?? 0;
  const said = t('draw.rank', { rank: entry.rank, entries: all, units: item.stock });
  return entry.status === 'waiting' ? `${said} ${t(entry.rank <= item.stock ? 'draw.rank.within' : 'draw.rank.next')}` : said;
}

function wrong(problem) {
  if (problem.code === 'ended') return t('draw.late');
  if (problem.code !== 'conflict') return problemText(problem);
  return t(problem.body.state === 'full' ? 'draw.full' : 'draw.other');
}
