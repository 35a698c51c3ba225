// A sale whose units are drawn among those who enter. Nobody has to be quick in it, so
// nothing here is sold out, and nobody waits in a list.

import { html, useComputed, useEffect, useMemo, useSignal } from '../lib/html.js';
import { announce } from '../lib/announce.js';
import { tick } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { buyer } from '../lib/session.js';
import { zoned } from '../lib/zoned.js';
import { Countdown } from '../parts/countdown.js';
import { ItemChoice, ItemFacts } from './buy_box.js';
import { makeDraw, stageOf } from './draw.js';
import { DrawArea } from './draw_area.js';
import { DrawSteps } from './draw_steps.js';
import { Gallery } from './gallery.js';

export function DrawSale({ sale }) {
  const { id, items } = sale.value;
  const draw = useMemo(() => makeDraw(id, (sku) => sale.value.items.find((i) => i.sku === sku)?.stock ?? 0), [id]);
  useEffect(draw.follow, [draw, buyer.value]);
  const stage = useComputed(() => stageOf(sale.value, draw.doc.value, tick.value)).value;
  const chosen = useSignal(items[0].sku);
  const entry = draw.entry.value;
  useEffect(() => { if (entry) chosen.value = entry.sku; }, [entry?.sku]);
  const before = useSignal(stage);
  useEffect(() => {
    if (before.value !== stage) announce(t(`draw.stage.${stage}`));
    before.value = stage;
  }, [stage]);
  const item = items.find((i) => i.sku === chosen.value) ?? items[0];
  const one = { ...item, limit_per_buyer: 1 }; // an entry is for one unit
  // Units that are not sold are for those who are drawn: all are told as planned.
  const phase = stage === 'ended' ? 'ended' : 'upcoming';
  return html`
    <${Hero} sale=${sale.value} doc=${draw.doc.value} stage=${stage} />
    <div class="product">
      <${Gallery} item=${item} />
      <section class="box card" aria-label=${item.title}>
        <${ItemChoice} items=${items} phase=${phase} chosen=${item.sku} disabled=${draw.busy.value} onChoose=${(sku) => { chosen.value = sku; }} />
        <${ItemFacts} item=${one} phase=${phase} quantity=${1} />
        <${DrawArea} sale=${sale.value} item=${item} draw=${draw} stage=${stage} />
        <${DrawSteps} sale=${sale.value} doc=${draw.doc.value} stage=${stage} />
      </section>
    </div>`;
}

export const DrawPill = ({ stage }) => html`<span class="pill" data-phase=${stage === 'ended' ? 'ended' : 'draw'} data-testid="stage">${t(`draw.stage.${stage}`)}</span>`;

function Hero({ sale, doc, stage }) {
  const [caption, to] = next(sale, doc, stage);
  return html`<section class="hero" aria-labelledby="sale-name">
    <div class="hero-text"><${DrawPill} stage=${stage} /><h1 id="sale-name" class="clamp" title=${sale.name}>${sale.name}</h1>
      ${(stage === 'entering' || stage === 'ended') && html`<p class="lead" data-testid="lead">${t(stage === 'ended' ? 'sale.lead.ended' : 'draw.about')}</p>`}</div>
    <div class="hero-count"><p class="count-caption">${caption}</p>
      ${to && html`<${Countdown} key=${to} to=${Date.parse(to)} />`}</div>
  </section>`;
}

// next is what comes next, and when: nothing is counted down to that has no time.
function next(sale, doc, stage) {
  const at = (name, time) => [`${t(name)} · ${zoned(time)}`, time];
  if (stage === 'ended') return [t('sale.ended_at', { time: zoned(sale.ends_at) })];
  if (stage === 'entering') return at('draw.closes_in', sale.entries_until);
  if (stage === 'closing') return [t('draw.closing')];
  if (stage === 'committed') return tick.peek() < Date.parse(doc.commitment.round_at) ? at('draw.drawn_in', doc.commitment.round_at) : [t(doc.waits ? 'draw.waits' : 'draw.drawing')];
  return tick.peek() < Date.parse(sale.starts_at) ? at('sale.opens_in', sale.starts_at) : at('sale.ends_in', sale.ends_at);
}
