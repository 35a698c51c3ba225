// One sale: its clock, its items, and the button.

import { html, useComputed, useEffect, useMemo, useSignal } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { tick } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { setTitle } from '../lib/router.js';
import { buyer } from '../lib/session.js';
import { zoned } from '../lib/zoned.js';
import { Countdown } from '../parts/countdown.js';
import { Back } from '../parts/link.js';
import { Loading, Trouble } from '../parts/notice.js';
import { PhasePill } from '../parts/pill.js';
import { BuyArea, gone } from './buy_area.js';
import { ItemChoice, ItemFacts } from './buy_box.js';
import { isDrawn } from './draw.js';
import { DrawSale } from './draw_sale.js';
import { Gallery } from './gallery.js';
import { fills, readOwn } from './own_order.js';
import { makeBuying } from './purchase.js';
import { BackToast, Returns, useReturn, whenBack } from './returns.js';
import { Waitlist } from './waitlist.js';
import { phaseAt, watchSale } from './watch_sale.js';

export function SaleView({ id }) {
  return html`<div class="view"><${Back} to="/">${t('back.sales')}<//><${Sale} id=${id} titled /></div>`;
}

// Sale is a whole sale, on its own page or as the only one on the first page.
export function Sale({ id, titled = false }) {
  const sale = useSignal(null);
  const problem = useSignal(null);
  const waiting = useSignal('');
  const watch = useSignal(null);
  useEffect(() => {
    const made = watchSale(id, {
      onSale: (reading) => { sale.value = reading; problem.value = null; },
      onProblem: (p) => { problem.value = p; },
      attentive: () => waiting.value !== '',
    });
    watch.value = made;
    return made.stop;
  }, [id]);
  if (problem.value) return html`<${Trouble} problem=${problem.value} again=${() => watch.value.look()} />`;
  if (!sale.value) return html`<${Loading} />`;
  if (titled) setTitle(`${sale.value.name} · ${t('brand')}`);
  return isDrawn(sale.value) ? html`<${DrawSale} sale=${sale} />` : html`<${OpenSale} sale=${sale} waiting=${waiting} watch=${watch} />`;
}

function OpenSale({ sale, waiting, watch }) {
  const { id } = sale.value;
  const phase = useComputed(() => phaseAt(sale.value, tick.value));
  const unopened = useComputed(() => tick.value < Date.parse(sale.value.starts_at));
  const chosen = useSignal(firstChoice(sale.value.items));
  const quantities = useSignal({});
  const back = useSignal('');
  const own = useSignal(null);
  const buying = useMemo(() => makeBuying(id, { onRefused: (sku, problem) => takeRefusal(sale, sku, problem, watch.value) }), [id]);
  useEffect(() => {
    const line = buying.resume();
    if (line && sale.value.items.some((i) => i.sku === line.sku)) {
      chosen.value = line.sku;
      quantities.value = { [line.sku]: line.quantity };
    }
    return buying.stop;
  }, [buying]);
  useEffect(() => {
    buying.clear(); // what was said to another buyer
    readOwn(id).then((order) => { own.value = order; });
  }, [buying, buyer.value]);
  useOpening(phase.value);

  const item = sale.value.items.find((i) => i.sku === chosen.value) ?? sale.value.items[0];
  const going = buying.state.value.kind === 'going';
  const quantity = quantities.value[item.sku] ?? 1;
  useReturn(item, waiting, back);
  const refused = buying.state.value;
  useEffect(() => {
    // A unit has come back, or another item was chosen: the refusal does not stand any more.
    if (refused.kind === 'refused' && (refused.sku !== item.sku || (refused.problem.code === 'sold_out' && item.available > 0))) buying.clear();
  }, [item.sku, item.available]);
  // A sale that was paused before it opened shows what one does that will open.
  const stage = unopened.value && phase.value === 'paused' ? 'upcoming' : phase.value;

  return html`
    <${Hero} sale=${sale.value} phase=${phase.value} unopened=${unopened.value} />
    <div class="product">
      <${Gallery} item=${item} />
      <section class="box card" aria-label=${item.title}>
        <${ItemChoice} items=${sale.value.items} phase=${stage} chosen=${item.sku} disabled=${going} onChoose=${(sku) => { chosen.value = sku; }} />
        <${ItemFacts} item=${item} phase=${stage} quantity=${quantity} disabled=${going} onQuantity=${(n) => { quantities.value = { ...quantities.value, [item.sku]: n }; }} />
        <${BuyArea} sale=${sale.value} item=${item} phase=${phase.value} quantity=${quantity} buying=${buying} own=${ownPath(refused, own.value, item)} />
        ${sale.value.entry === 'draw' ? html`<p class="say" data-testid="was-drawn">${t('draw.was')} <a class="link" href=${`/sales/${sale.value.id}/draw`} data-testid="how">${t('draw.see')}</a></p>` : html`<${Waitlist} sale=${sale.value} item=${item} quantity=${quantity} gone=${gone(item, phase.value)} />`}
        ${gone(item, phase.value) && html`<${Returns} item=${item} waiting=${waiting} />`}
      </section>
    </div>
    <${BackToast} back=${back} />`;
}

// ownPath leads a buyer who has as much as one may to the own order.
function ownPath(refused, order, item) {
  if (refused.kind === 'refused' && refused.problem.code === 'limit_exceeded') {
    return refused.problem.body.order_id ? `/orders/${refused.problem.body.order_id}` : '/orders';
  }
  return fills(order, item) ? `/orders/${order.order_id}` : undefined;
}

function Hero({ sale, phase, unopened }) {
  const starts = unopened && phase !== 'ended';
  return html`<section class="hero" aria-labelledby="sale-name">
    <div class="hero-text"><${PhasePill} phase=${phase} /><h1 id="sale-name" class="clamp" title=${sale.name}>${sale.name}</h1>
      <p class="lead" data-testid="lead">${phase === 'sold_out' ? html`<${SoldOut} sale=${sale} />` : lead(sale, phase)}</p></div>
    <div class="hero-count">
      <p class="count-caption">${phase === 'ended' ? t('sale.ended_at', { time: zoned(sale.ends_at) }) : starts ? `${t('sale.opens_in')} · ${zoned(sale.starts_at)}` : t('sale.ends_in')}</p>
      ${phase !== 'ended' && html`<${Countdown} key=${starts} to=${Date.parse(starts ? sale.starts_at : sale.ends_at)} />`}
    </div>
  </section>`;
}

function lead(sale, phase) {
  if (phase === 'paused' || phase === 'ended') return t(`sale.lead.${phase}`);
  const s = sale.hold_seconds;
  return t('sale.hold', { time: s >= 60 ? t('minutes', { n: Math.round(s / 60) }) : t('seconds', { n: s }) });
}

function SoldOut({ sale }) {
  return useComputed(() => t('sale.lead.sold_out', { next: whenBack(sale.items, sale.next_return_at, tick.value) }));
}

// The first item that can be had; the first of all when none can.
const firstChoice = (items) => (items.find((i) => i.available > 0) ?? items[0]).sku;

// What a refusal says of the sale is known before the next reading.
function takeRefusal(sale, sku, problem, watch) {
  if (problem.code === 'sold_out') sale.value = { ...sale.value, items: sale.value.items.map((i) => (i.sku === sku ? { ...i, available: 0 } : i)) };
  if (problem.code === 'ended') sale.value = { ...sale.value, status: 'ended' };
  if (problem.code === 'sold_out') setTimeout(() => watch?.look(), 300 + Math.random() * 700);
}

// useOpening says to a screen reader what everybody else sees.
function useOpening(phase) {
  const before = useSignal(phase);
  useEffect(() => {
    if (before.value !== phase) announce(before.value === 'upcoming' && phase === 'live' ? t('sale.open') : t(`phase.${phase}`));
    before.value = phase;
  }, [phase]);
}
